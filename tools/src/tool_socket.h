// The socket in a store's directory on which an application answers the tools, and what goes over
// it. docs/formats/tool_socket.md has the grammar.
#ifndef DAYBOOK_TOOLS_SRC_TOOL_SOCKET_H_
#define DAYBOOK_TOOLS_SRC_TOOL_SOCKET_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace daybook::tools {

// In the directory of a store that is open.
inline constexpr char kSocketName[] = "tool.sock";
inline constexpr char kVerifiedCopy[] = "verify.copy";  // while `verify` works

// A file descriptor, closed with the object.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();

  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

// Listens in the directory `store`, for processes of the same user alone. Takes the place of a
// socket that is there: who calls has the store's lock, so nobody listens on that one. The system's
// refusal, as is.
absl::StatusOr<Fd> ListenIn(const std::string& store);
// NotFound when nobody listens there; else the system's refusal.
absl::StatusOr<Fd> ConnectTo(const std::string& store);

// The next who connects. The system's refusal, as is.
absl::StatusOr<Fd> AcceptFrom(const Fd& listener);

enum class FrameKind : char {
  kRequest = 'r',  // the first, by the one who asks; all the others answer it
  kOut = 'o',      // bytes for the standard output
  kErr = 'e',      // bytes for the standard error
  kExit = 'x',     // the last: the exit code, in decimal
};

struct Frame {
  FrameKind kind;
  std::string bytes;
};

inline constexpr size_t kMaxFrameBytes = size_t{4} << 20;

// Whether the other side is gone, or EndReading was called here, within `timeout`.
bool WaitForEnd(const Fd& socket, absl::Duration timeout);
// Has everybody who reads or waits here find the other side gone. Thread-safe.
void EndReading(const Fd& socket);
// Nothing more is sent or read; what was sent arrives.
void HangUp(const Fd& socket);

// Unavailable when the other side is gone, and when it takes nothing for 10 seconds once EndReading
// was called; InvalidArgument for bytes that are no frame, and for more than kMaxFrameBytes.
absl::Status SendFrame(const Fd& socket, FrameKind kind, absl::string_view bytes);
absl::StatusOr<Frame> ReceiveFrame(const Fd& socket);

// Which command line the arguments are for.
enum class ToolKind : char { kDaybook = 'd', kApplication = 'a' };

// What is asked for.
struct ToolRequest {
  ToolKind kind = ToolKind::kDaybook;
  bool show_progress = false;
  std::string directory;               // that relative paths are in
  std::vector<std::string> arguments;  // from the program's name on
};

std::string EncodeRequest(const ToolRequest& request);
// InvalidArgument for another version of the grammar, and for bytes that are no request.
absl::StatusOr<ToolRequest> DecodeRequest(absl::string_view bytes);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_TOOL_SOCKET_H_
