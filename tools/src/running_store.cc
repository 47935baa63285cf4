#include "running_store.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace daybook::tools {
namespace {

ExitCode FailToAsk(const absl::Status& status, const std::string& store,
                   const std::string& when_lost, Console& console) {
  return Fail(console, kOther,
              absl::StrCat("the application that has the store ", store,
                           " open did not answer: ", status.message(), when_lost));
}

}  // namespace

std::optional<ExitCode> RunInApplication(const std::string& store, ToolKind kind,
                                         const std::vector<std::string>& arguments,
                                         const std::string& when_lost, Console& console) {
  const absl::StatusOr<Fd> socket = ConnectTo(store);
  // What is wrong with the store, if anything is, those say who open it.
  if (!socket.ok()) return std::nullopt;
  std::error_code no_directory;
  const ToolRequest request = {.kind = kind,
                               .show_progress = console.show_progress,
                               .directory = std::filesystem::current_path(no_directory),
                               .arguments = arguments};
  const absl::Status sent = SendFrame(*socket, FrameKind::kRequest, EncodeRequest(request));
  if (absl::IsInvalidArgument(sent)) return Fail(console, kUsage, sent.message());
  // Who refuses does so without reading, and is gone; what he says is there to be read all the
  // same.
  while (true) {
    const absl::StatusOr<Frame> frame = ReceiveFrame(*socket);
    if (!frame.ok()) return FailToAsk(frame.status(), store, when_lost, console);
    switch (frame->kind) {
      case FrameKind::kOut:
        console.out << frame->bytes << std::flush;
        // Nobody reads it: the application hears of that as the socket closes.
        if (!console.out.good()) return kSound;
        break;
      case FrameKind::kErr:
        console.err << frame->bytes << std::flush;
        break;
      case FrameKind::kExit:
        if (int code = 0; absl::SimpleAtoi(frame->bytes, &code)) {
          return static_cast<ExitCode>(code);
        }
        [[fallthrough]];
      case FrameKind::kRequest:
        return FailToAsk(absl::InvalidArgumentError("this is no answer"), store, when_lost,
                         console);
    }
  }
}

}  // namespace daybook::tools
