// The tools on the store of an application that runs.
//
//   absl::StatusOr<daybook::App> app = daybook::App::Open("bank.db", ...);
//   const auto tools = daybook::ToolServer::Start(*app, "bank.db");
//
// From then on `daybook` and the application's own tool, called on that store, have the application
// run their commands (docs/tool.md).
#ifndef DAYBOOK_TOOLS_TOOL_SERVER_H_
#define DAYBOOK_TOOLS_TOOL_SERVER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/aggregates/app.h"
#include "daybook/core/clock.h"

namespace daybook {

// Listens on the Unix socket `tool.sock` in the store's directory, which the processes of the same
// user alone may use (mode 0600). Each command runs on a thread of its own, at most 16 at once;
// more are refused.
class ToolServer {
 public:
  // `app` must stay where it is, and open, until the server is destroyed; `store` is the path that
  // it was opened at. One server for a store. `clock`: the application's; nullptr is the system's.
  //   NotFound, PermissionDenied, ResourceExhausted  the system's refusal: the directory, space
  static absl::StatusOr<std::unique_ptr<ToolServer>> Start(App& app, absl::string_view store,
                                                           Clock* clock = nullptr);

  ToolServer(const ToolServer&) = delete;
  ToolServer& operator=(const ToolServer&) = delete;
  // Ends the commands that go on by themselves, such as `tail -f`, and waits for the others: a
  // backup, a look at the whole log. One whose reader takes nothing for 10 seconds is cut off.
  ~ToolServer();

 private:
  class Impl;
  explicit ToolServer(std::unique_ptr<Impl> impl);

  const std::unique_ptr<Impl> impl_;
};

}  // namespace daybook

#endif  // DAYBOOK_TOOLS_TOOL_SERVER_H_
