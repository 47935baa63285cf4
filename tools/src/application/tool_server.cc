#include "daybook/tools/tool_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <list>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "application/tool_session.h"
#include "daybook/core/status_macros.h"
#include "tool_socket.h"

namespace daybook {
namespace {

constexpr size_t kMaxCommands = 16;

}  // namespace

class ToolServer::Impl {
 public:
  Impl(App& app, std::string store, Clock* clock, tools::Fd listener, tools::Fd stop)
      : app_(app),
        store_(std::move(store)),
        clock_(clock),
        listener_(std::move(listener)),
        stop_(std::move(stop)),
        thread_([this] { Listen(); }) {}

  ~Impl() {
    // Nobody finds the socket any more, and then nobody is let in.
    unlink(absl::StrCat(store_, "/", tools::kSocketName).c_str());
    const uint64_t one = 1;
    while (write(stop_.get(), &one, sizeof(one)) < 0 && errno == EINTR) {
    }
    thread_.join();
    for (Running& running : running_) running.session.End();
    for (Running& running : running_) running.thread.join();
  }

 private:
  struct Running {
    Running(App& app, const std::string& store, Clock* clock, tools::Fd socket)
        : session(app, store, clock, std::move(socket)) {}
    tools::ToolSession session;
    std::thread thread;
  };

  void Listen() {
    while (true) {
      pollfd events[] = {{.fd = listener_.get(), .events = POLLIN, .revents = 0},
                         {.fd = stop_.get(), .events = POLLIN, .revents = 0}};
      if (poll(events, 2, -1) < 0 && errno != EINTR) return;
      if (events[1].revents != 0) return;
      if (events[0].revents != 0) Accept();
    }
  }

  void Accept() {
    absl::StatusOr<tools::Fd> socket = tools::AcceptFrom(listener_);
    Reap();
    if (!socket.ok()) {
      // Out of descriptors: those who wait are let in when one is free.
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      return;
    }
    if (running_.size() >= kMaxCommands) {
      tools::ToolSession(app_, store_, clock_, *std::move(socket))
          .Refuse(tools::kInUse, absl::StrCat("the application runs ", kMaxCommands,
                                              " commands already: try again later"));
      return;
    }
    Running& running = running_.emplace_back(app_, store_, clock_, *std::move(socket));
    try {
      running.thread = std::thread([&running] { running.session.Run(); });
    } catch (const std::system_error& none) {
      running.session.Refuse(tools::kInUse,
                             absl::StrCat("the application has no thread for it: ", none.what()));
      running_.pop_back();
    }
  }

  void Reap() {
    running_.remove_if([](Running& running) {
      if (!running.session.done()) return false;
      running.thread.join();
      return true;
    });
  }

  App& app_;
  const std::string store_;
  Clock* const clock_;
  const tools::Fd listener_;
  const tools::Fd stop_;
  std::list<Running> running_;  // of the thread that listens; after its end, of the destructor
  std::thread thread_;
};

ToolServer::ToolServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ToolServer::~ToolServer() = default;

absl::StatusOr<std::unique_ptr<ToolServer>> ToolServer::Start(App& app, absl::string_view store,
                                                              Clock* clock) {
  std::error_code ignored;  // Then the path is as good as it was given.
  std::filesystem::path path = std::filesystem::absolute(std::string(store), ignored);
  if (ignored) path = std::string(store);
  // Of a process that was killed while it verified.
  std::filesystem::remove_all(path / tools::kVerifiedCopy, ignored);
  DAYBOOK_ASSIGN_OR_RETURN(tools::Fd listener, tools::ListenIn(path.string()));
  tools::Fd stop(eventfd(0, EFD_CLOEXEC));
  if (stop.get() < 0) return absl::ErrnoToStatus(errno, "eventfd");
  return std::unique_ptr<ToolServer>(new ToolServer(
      std::make_unique<Impl>(app, path.string(), clock, std::move(listener), std::move(stop))));
}

}  // namespace daybook
