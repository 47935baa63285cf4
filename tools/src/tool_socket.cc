#include "tool_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "daybook/core/status_macros.h"

namespace daybook::tools {
namespace {

constexpr char kGrammar[] = "daybook-tool-1";
constexpr int kRequestSeconds = 10;
constexpr int kLookMicroseconds = 100'000;
constexpr int kLooksAtEnd = 100;    // 10 seconds in which nothing is taken
constexpr size_t kHeaderBytes = 5;  // kind, and the length with the lowest byte first

absl::Status SystemError(absl::string_view what) {
  return absl::ErrnoToStatus(errno, std::string(what));
}

// The socket's address by way of the open directory: a path of any length fits.
struct Address {
  Fd directory;
  std::string path;
  sockaddr_un bytes = {};
};

absl::StatusOr<Address> AddressIn(const std::string& store) {
  Address address;
  address.directory = Fd(open(store.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (address.directory.get() < 0) return SystemError(store);
  address.path = absl::StrCat("/proc/self/fd/", address.directory.get(), "/", kSocketName);
  address.bytes.sun_family = AF_UNIX;
  address.path.copy(address.bytes.sun_path, sizeof(address.bytes.sun_path) - 1);
  return address;
}

const sockaddr* Of(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address.bytes);
}

absl::StatusOr<Fd> NewSocket() {
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return SystemError("socket");
  return socket;
}

absl::Status Gone() {
  return absl::UnavailableError("the other side of the socket is gone");
}

absl::Status ReceiveAll(const Fd& socket, char* to, size_t bytes) {
  while (bytes > 0) {
    const ssize_t got = recv(socket.get(), to, bytes, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Gone();
    to += got;
    bytes -= static_cast<size_t>(got);
  }
  return absl::OkStatus();
}

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<Fd> ListenIn(const std::string& store) {
  DAYBOOK_ASSIGN_OR_RETURN(const Address address, AddressIn(store));
  DAYBOOK_ASSIGN_OR_RETURN(Fd socket, NewSocket());
  if (unlink(address.path.c_str()) != 0 && errno != ENOENT) return SystemError(kSocketName);
  if (bind(socket.get(), Of(address), sizeof(address.bytes)) != 0) return SystemError(kSocketName);
  // Until it listens nobody can connect, so nobody does before the mode is right.
  if (chmod(address.path.c_str(), S_IRUSR | S_IWUSR) != 0 || listen(socket.get(), 16) != 0) {
    const absl::Status refused = SystemError(kSocketName);
    unlink(address.path.c_str());
    return refused;
  }
  return socket;
}

absl::StatusOr<Fd> ConnectTo(const std::string& store) {
  DAYBOOK_ASSIGN_OR_RETURN(const Address address, AddressIn(store));
  DAYBOOK_ASSIGN_OR_RETURN(Fd socket, NewSocket());
  while (connect(socket.get(), Of(address), sizeof(address.bytes)) != 0) {
    if (errno == EINTR) continue;
    // No socket; one that an application left behind when it was killed.
    if (errno == ENOENT || errno == ECONNREFUSED) return absl::NotFoundError("nobody listens");
    return SystemError(kSocketName);
  }
  return socket;
}

absl::StatusOr<Fd> AcceptFrom(const Fd& listener) {
  Fd socket(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  // So that whoever sends sees now and then that nobody waits for it any more.
  const timeval look = {.tv_sec = 0, .tv_usec = kLookMicroseconds};
  // And whoever connects has something to ask.
  const timeval request = {.tv_sec = kRequestSeconds, .tv_usec = 0};
  if (socket.get() < 0 ||
      setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &look, sizeof(look)) != 0 ||
      setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &request, sizeof(request)) != 0) {
    return SystemError(kSocketName);
  }
  return socket;
}

bool WaitForEnd(const Fd& socket, absl::Duration timeout) {
  pollfd other = {.fd = socket.get(), .events = POLLRDHUP, .revents = 0};
  const int64_t milliseconds = std::min(absl::ToInt64Milliseconds(timeout), int64_t{1} << 30);
  return poll(&other, 1, static_cast<int>(milliseconds)) > 0;  // A signal is no end.
}

void EndReading(const Fd& socket) {
  shutdown(socket.get(), SHUT_RD);
}

void HangUp(const Fd& socket) {
  shutdown(socket.get(), SHUT_RDWR);
}

absl::Status SendFrame(const Fd& socket, FrameKind kind, absl::string_view bytes) {
  if (bytes.size() > kMaxFrameBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a frame of ", bytes.size(), " bytes: at most ", kMaxFrameBytes));
  }
  std::string frame(1, static_cast<char>(kind));
  for (int shift = 0; shift < 32; shift += 8) {
    frame += static_cast<char>(static_cast<unsigned char>(bytes.size() >> shift));
  }
  frame.append(bytes.data(), bytes.size());
  int looks_at_end = 0;
  for (absl::string_view left = frame; !left.empty();) {
    const ssize_t sent = send(socket.get(), left.data(), left.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    // The other side reads slowly, perhaps for a pager: that may last, but not when all is to end.
    if (sent < 0 && errno == EAGAIN &&
        (!WaitForEnd(socket, absl::ZeroDuration()) || ++looks_at_end < kLooksAtEnd)) {
      continue;
    }
    if (sent <= 0) return Gone();
    looks_at_end = 0;
    left.remove_prefix(static_cast<size_t>(sent));
  }
  return absl::OkStatus();
}

absl::StatusOr<Frame> ReceiveFrame(const Fd& socket) {
  char header[kHeaderBytes];
  DAYBOOK_RETURN_IF_ERROR(ReceiveAll(socket, header, sizeof(header)));
  size_t bytes = 0;
  for (size_t i = 1; i < sizeof(header); ++i) {
    bytes |= size_t{static_cast<unsigned char>(header[i])} << (8 * (i - 1));
  }
  if (std::strchr("roex", header[0]) == nullptr || header[0] == '\0' || bytes > kMaxFrameBytes) {
    return absl::InvalidArgumentError("this is no frame of a tool");
  }
  Frame frame{static_cast<FrameKind>(header[0]), std::string(bytes, '\0')};
  DAYBOOK_RETURN_IF_ERROR(ReceiveAll(socket, frame.bytes.data(), bytes));
  return frame;
}

std::string EncodeRequest(const ToolRequest& request) {
  const char words[] = {static_cast<char>(request.kind), request.show_progress ? 'p' : 'q'};
  return absl::StrCat(kGrammar, absl::string_view("\0", 1), absl::string_view(words, 2),
                      absl::string_view("\0", 1), request.directory, absl::string_view("\0", 1),
                      absl::StrJoin(request.arguments, absl::string_view("\0", 1)));
}

absl::StatusOr<ToolRequest> DecodeRequest(absl::string_view bytes) {
  const std::vector<std::string> parts = absl::StrSplit(bytes, '\0');
  if (parts[0] != kGrammar) {
    return absl::InvalidArgumentError(absl::StrCat("the application speaks ", kGrammar, ", not '",
                                                   parts[0].substr(0, 64),
                                                   "': use the tool of its version"));
  }
  if (parts.size() < 4 || parts[1].size() != 2 || (parts[1][0] != 'd' && parts[1][0] != 'a')) {
    return absl::InvalidArgumentError("this is no request of a tool");
  }
  ToolRequest request;
  request.kind = static_cast<ToolKind>(parts[1][0]);
  request.show_progress = parts[1][1] == 'p';
  request.directory = parts[2];
  request.arguments.assign(parts.begin() + 3, parts.end());
  return request;
}

}  // namespace daybook::tools
