#include <istream>
#include <optional>

#include "absl/strings/str_cat.h"
#include "commands.h"
#include "daybook/core/log_import.h"
#include "daybook/core/status_macros.h"
#include "entry_json.h"
#include "soundness.h"

namespace daybook::tools {
namespace {

// Of the largest event, as base64 and escapes.
constexpr size_t kLongestLine = size_t{16} << 20;

// The lines of an export, in order.
class Lines {
 public:
  explicit Lines(std::istream& in) : in_(in) {}

  // The next one, valid until the next call; nullopt at the end. DataLoss for one that is too long
  // or has no end.
  absl::StatusOr<std::optional<absl::string_view>> Next() {
    ++number_;
    line_.clear();
    std::streambuf& buffer = *in_.rdbuf();
    for (int c = buffer.sbumpc(); c != std::char_traits<char>::eof(); c = buffer.sbumpc()) {
      if (c == '\n') return line_;
      if (line_.size() == kLongestLine) return Damaged("it is too long");
      line_.push_back(static_cast<char>(c));
    }
    if (line_.empty()) return std::nullopt;
    return Damaged("it is cut off");
  }
  // Of the line that was read last.
  absl::Status Damaged(absl::string_view problem) const {
    return absl::DataLossError(absl::StrCat("line ", number_, ": ", problem));
  }

 private:
  std::istream& in_;
  std::string line_;
  uint64_t number_ = 0;
};

absl::Status CutShort(uint64_t events, uint64_t expected) {
  return absl::DataLossError(absl::StrCat("the export is cut short, or was edited: it holds ",
                                          events, " of ", expected, " events"));
}

// Hands every entry to `import`.
absl::Status ReadEntries(Lines& lines, LogImport& import) {
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<absl::string_view> first, lines.Next());
  if (!first.has_value()) return absl::DataLossError("there is nothing to import");
  const absl::StatusOr<ExportHeading> heading = ParseHeading(*first);
  if (!heading.ok()) return lines.Damaged(heading.status().message());
  std::string chain(64, '0');
  uint64_t events = 0;
  while (true) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::optional<absl::string_view> line, lines.Next());
    if (!line.has_value()) break;
    absl::StatusOr<LogEntry> entry = ParseEntry(*line);
    if (!entry.ok()) return lines.Damaged(entry.status().message());
    ++events;
    if (!entry->commit_chain_hex.empty()) chain = entry->commit_chain_hex;
    DAYBOOK_RETURN_IF_ERROR(import.Append(*std::move(entry)));
  }
  if (events != heading->events) return CutShort(events, heading->events);
  if (chain == heading->chain_hex) return absl::OkStatus();
  return absl::DataLossError("the chain hash of the heading is not that of the last event");
}

// Whatever is wrong with an entry, the file is not what was exported.
ExitCode FailImport(Console& console, const absl::Status& status) {
  const bool damaged = absl::IsInvalidArgument(status) || absl::IsAborted(status);
  return Fail(console, damaged ? kDamaged : ExitCodeOf(status), status.message());
}

}  // namespace

ExitCode Import(const ImportArguments& arguments, Console& console) {
  const absl::StatusOr<std::unique_ptr<LogImport>> import = LogImport::Begin(arguments.store);
  if (!import.ok()) return Fail(console, import.status());
  Lines lines(console.in);
  const absl::Status read = ReadEntries(lines, **import);
  if (!read.ok()) return FailImport(console, read);
  const absl::StatusOr<VerifyReport> report = (*import)->Finish();
  if (!report.ok()) return FailImport(console, report.status());
  return TellSound("imported", *report, arguments.json, console);
}

}  // namespace daybook::tools
