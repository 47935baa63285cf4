#include "application/tool_session.h"

#include <exception>
#include <filesystem>
#include <ostream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "application/run_application.h"
#include "daybook/core/status_macros.h"
#include "frame_buffer.h"
#include "run.h"

namespace daybook::tools {

void ToolSession::Run() {
  // No command ends the application, one that finds no memory either.
  try {
    if (const absl::Status status = Answer(); !status.ok()) {
      // Of a side that is gone nothing is to be told.
      Refuse(kOther, status.message());
    }
  } catch (const std::exception& error) {
    Refuse(kOther, absl::StrCat("the application could not run the command: ", error.what()));
  }
  HangUp(socket_);
  done_ = true;
}

void ToolSession::Refuse(ExitCode code, absl::string_view problem) {
  SendFrame(socket_, FrameKind::kErr, absl::StrCat("daybook: ", problem, "\n")).IgnoreError();
  SendFrame(socket_, FrameKind::kExit, absl::StrCat(code)).IgnoreError();
}

absl::Status ToolSession::Answer() {
  DAYBOOK_ASSIGN_OR_RETURN(const Frame frame, ReceiveFrame(socket_));
  if (frame.kind != FrameKind::kRequest) {
    return absl::InvalidArgumentError("this is no request of a tool");
  }
  DAYBOOK_ASSIGN_OR_RETURN(const ToolRequest request, DecodeRequest(frame.bytes));
  ExitCode code = kSound;
  {
    FrameBuffer out_bytes(socket_, FrameKind::kOut);
    FrameBuffer err_bytes(socket_, FrameKind::kErr);
    std::ostream out(&out_bytes);
    std::ostream err(&err_bytes);
    err << std::unitbuf;
    const RunningStore running = {
        .store = &app_.store(), .path = store_, .directory = request.directory};
    Console console{.out = out, .err = err};
    console.show_progress = request.show_progress;
    console.running = &running;
    console.wait = [this](absl::Duration duration) { return !WaitForEnd(socket_, duration); };
    code = static_cast<ExitCode>(RunCommand(request, console));
  }
  return SendFrame(socket_, FrameKind::kExit, absl::StrCat(code));
}

int ToolSession::RunCommand(const ToolRequest& request, Console& console) {
  std::vector<std::string> arguments = request.arguments;
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  const int argc = static_cast<int>(argv.size());
  if (request.kind == ToolKind::kDaybook) return tools::Run(argc, argv.data(), console);
  ToolOptions options;
  options.store = store_;
  options.app.store.clock = clock_;
  const std::string program = std::filesystem::path(arguments[0]).filename().string();
  return RunApplication(Application(program, std::move(options), PartsOfApp(), &app_), argc,
                        argv.data(), console);
}

ApplicationParts ToolSession::PartsOfApp() const {
  ApplicationParts parts;
  for (const AggregateRegistration& aggregate : app_.registrations().aggregates) {
    parts.aggregates.push_back(aggregate.definition);
  }
  parts.projections = app_.registrations().projections;
  return parts;
}

}  // namespace daybook::tools
