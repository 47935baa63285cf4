// One command that a tool has an application run.
#ifndef DAYBOOK_TOOLS_SRC_APPLICATION_TOOL_SESSION_H_
#define DAYBOOK_TOOLS_SRC_APPLICATION_TOOL_SESSION_H_

#include <atomic>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "application/application.h"
#include "console.h"
#include "daybook/aggregates/app.h"
#include "daybook/core/clock.h"
#include "exit_code.h"
#include "tool_socket.h"

namespace daybook::tools {

// From the request that comes over the socket to the exit code that goes back.
class ToolSession {
 public:
  // `app` and `store`, its path, must outlive the session.
  ToolSession(App& app, const std::string& store, Clock* clock, Fd socket)
      : app_(app), store_(store), clock_(clock), socket_(std::move(socket)) {}

  // All of it, on the caller's thread.
  void Run();
  // Instead of Run: tells the problem, and that is all.
  void Refuse(ExitCode code, absl::string_view problem);

  // From any thread: has Run end soon, where what it does goes on by itself.
  void End() { EndReading(socket_); }
  // Whether Run has returned, or is about to.
  bool done() const { return done_; }

 private:
  absl::Status Answer();
  int RunCommand(const ToolRequest& request, Console& console);
  ApplicationParts PartsOfApp() const;

  App& app_;
  const std::string& store_;
  Clock* const clock_;
  const Fd socket_;
  std::atomic<bool> done_ = false;
};

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_APPLICATION_TOOL_SESSION_H_
