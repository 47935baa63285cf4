#include "daybook/tools/tool_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <list>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "application/run_application.h"
#include "daybook/core/status_macros.h"
#include "frame_buffer.h"
#include "run.h"
#include "tool_socket.h"

namespace daybook {
namespace {

using tools::Fd;
using tools::FrameKind;

constexpr size_t kMaxCommands = 16;

// One command, from its request to its exit code.
class Session {
 public:
  Session(App& app, const std::string& store, Clock* clock, Fd socket)
      : app_(app), store_(store), clock_(clock), socket_(std::move(socket)) {}

  void Run() {
    if (const absl::Status status = Answer(); !status.ok()) {
      // Of a side that is gone nothing is to be told.
      Refuse(tools::kOther, status.message());
    }
    tools::HangUp(socket_);
    done_ = true;
  }
  void Refuse(tools::ExitCode code, absl::string_view problem) {
    tools::SendFrame(socket_, FrameKind::kErr, absl::StrCat("daybook: ", problem, "\n"))
        .IgnoreError();
    tools::SendFrame(socket_, FrameKind::kExit, absl::StrCat(code)).IgnoreError();
  }
  // From another thread.
  void End() { tools::EndReading(socket_); }
  bool done() const { return done_; }

 private:
  absl::Status Answer() {
    DAYBOOK_ASSIGN_OR_RETURN(const tools::Frame frame, tools::ReceiveFrame(socket_));
    if (frame.kind != FrameKind::kRequest) {
      return absl::InvalidArgumentError("this is no request of a tool");
    }
    DAYBOOK_ASSIGN_OR_RETURN(const tools::ToolRequest request, tools::DecodeRequest(frame.bytes));
    tools::ExitCode code = tools::kSound;
    {
      tools::FrameBuffer out_bytes(socket_, FrameKind::kOut);
      tools::FrameBuffer err_bytes(socket_, FrameKind::kErr);
      std::ostream out(&out_bytes);
      std::ostream err(&err_bytes);
      err << std::unitbuf;
      const tools::RunningStore running = {
          .store = &app_.store(), .path = store_, .directory = request.directory};
      tools::Console console{.out = out, .err = err};
      console.show_progress = request.show_progress;
      console.running = &running;
      console.wait = [this](absl::Duration duration) {
        return !tools::WaitForEnd(socket_, duration);
      };
      code = static_cast<tools::ExitCode>(RunCommand(request, console));
    }
    return tools::SendFrame(socket_, FrameKind::kExit, absl::StrCat(code));
  }

  int RunCommand(const tools::ToolRequest& request, tools::Console& console) {
    std::vector<std::string> arguments = request.arguments;
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    const int argc = static_cast<int>(argv.size());
    if (request.kind == tools::ToolKind::kDaybook) return tools::Run(argc, argv.data(), console);
    ToolOptions options;
    options.store = store_;
    options.app.store.clock = clock_;
    const std::string program = std::filesystem::path(arguments[0]).filename().string();
    return RunApplication(tools::Application(program, std::move(options), PartsOfApp(), &app_),
                          argc, argv.data(), console);
  }

  tools::ApplicationParts PartsOfApp() const {
    tools::ApplicationParts parts;
    for (const AggregateRegistration& aggregate : app_.registrations().aggregates) {
      parts.aggregates.push_back(aggregate.definition);
    }
    parts.projections = app_.registrations().projections;
    return parts;
  }

  App& app_;
  const std::string& store_;
  Clock* const clock_;
  const Fd socket_;
  std::atomic<bool> done_ = false;
};

}  // namespace

class ToolServer::Impl {
 public:
  Impl(App& app, std::string store, Clock* clock, Fd listener, Fd stop)
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
    Running(App& app, const std::string& store, Clock* clock, Fd socket)
        : session(app, store, clock, std::move(socket)) {}
    Session session;
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
    absl::StatusOr<Fd> socket = tools::AcceptFrom(listener_);
    Reap();
    if (!socket.ok()) {
      // Out of descriptors: those who wait are let in when one is free.
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      return;
    }
    if (running_.size() >= kMaxCommands) {
      Session(app_, store_, clock_, *std::move(socket))
          .Refuse(tools::kInUse, absl::StrCat("the application runs ", kMaxCommands,
                                              " commands already: try again later"));
      return;
    }
    Running& running = running_.emplace_back(app_, store_, clock_, *std::move(socket));
    running.thread = std::thread([&running] { running.session.Run(); });
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
  const Fd listener_;
  const Fd stop_;
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
  DAYBOOK_ASSIGN_OR_RETURN(Fd listener, tools::ListenIn(path.string()));
  Fd stop(eventfd(0, EFD_CLOEXEC));
  if (stop.get() < 0) return absl::ErrnoToStatus(errno, "eventfd");
  return std::unique_ptr<ToolServer>(new ToolServer(
      std::make_unique<Impl>(app, path.string(), clock, std::move(listener), std::move(stop))));
}

}  // namespace daybook
