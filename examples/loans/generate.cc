#include "generate.h"

#include <sys/stat.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "process_model.h"

namespace loans {
namespace {

constexpr int64_t kFirstMs = 1'317'423'600'000;  // 2011-10-01T00:00:00+01:00

absl::string_view NameOf(Transition transition) {
  switch (transition) {
    case Transition::kSchedule:
      return "SCHEDULE";
    case Transition::kStart:
      return "START";
    case Transition::kComplete:
      return "COMPLETE";
  }
  return "";
}

std::string Line(const Step& step, int64_t submitted_ms) {
  return absl::StrCat(step.application, ",", step.amount, ",",
                      FormatTimestamp({submitted_ms, step.time.utc_offset_minutes}), ",",
                      step.activity, ",", NameOf(step.transition), ",", step.resource, ",",
                      FormatTimestamp(step.time), "\n");
}

// The steps of all applications in order of time: each begins a while after the one before.
class Merge {
 public:
  explicit Merge(uint64_t seed) : dice_(seed) {}

  std::string Next() {
    while (lives_.empty() || next_start_ms_ <= lives_.top().at()) Begin();
    Running life = lives_.top();
    lives_.pop();
    std::string line = Line((*life.steps)[life.next], life.steps->front().time.unix_ms);
    if (++life.next < life.steps->size()) lives_.push(std::move(life));
    return line;
  }

 private:
  struct Running {
    uint64_t number;
    std::shared_ptr<const std::vector<Step>> steps;
    size_t next = 0;

    int64_t at() const { return (*steps)[next].time.unix_ms; }
    // Of two at the same time, the one that began first.
    bool operator<(const Running& other) const {
      return std::pair(at(), number) > std::pair(other.at(), other.number);
    }
  };

  void Begin() {
    lives_.push({number_, std::make_shared<const std::vector<Step>>(
                              ApplicationLife(number_, next_start_ms_, dice_))});
    ++number_;
    next_start_ms_ += static_cast<int64_t>(dice_.Below(2 * 18 * 60'000));
  }

  Dice dice_;
  uint64_t number_ = 0;
  int64_t next_start_ms_ = kFirstMs;
  std::priority_queue<Running> lives_;
};

// Writes through zlib, which leaves the bytes as they are in mode "T".
class Output {
 public:
  static absl::StatusOr<Output> Create(const std::string& path) {
    errno = 0;
    gzFile file = gzopen(path.c_str(), absl::EndsWith(path, ".gz") ? "wb6" : "wbT");
    if (file == nullptr) return absl::ErrnoToStatus(errno == 0 ? ENOMEM : errno, path);
    return Output(path, file);
  }
  Output(Output&& other) noexcept
      : path_(other.path_), file_(std::exchange(other.file_, nullptr)) {}
  // An output that was not closed is of no use to anybody.
  ~Output() {
    if (file_ == nullptr) return;
    gzclose(file_);
    Remove();
  }

  absl::Status Write(const std::string& text) {
    errno = 0;
    if (gzwrite(file_, text.data(), static_cast<unsigned>(text.size())) > 0) {
      return absl::OkStatus();
    }
    return absl::ErrnoToStatus(errno == 0 ? EIO : errno, path_);
  }

  absl::Status Close() {
    errno = 0;
    if (gzclose(std::exchange(file_, nullptr)) == Z_OK) return absl::OkStatus();
    absl::Status status = absl::ErrnoToStatus(errno == 0 ? EIO : errno, path_);
    Remove();
    return status;
  }

 private:
  // A device or a pipe stays where it is.
  void Remove() const {
    struct stat info;
    if (stat(path_.c_str(), &info) == 0 && S_ISREG(info.st_mode)) std::remove(path_.c_str());
  }

  Output(std::string path, gzFile file) : path_(std::move(path)), file_(file) {}

  std::string path_;
  gzFile file_;
};

}  // namespace

absl::Status GenerateLog(const GenerateOptions& options, const std::string& path) {
  DAYBOOK_ASSIGN_OR_RETURN(Output output, Output::Create(path));
  DAYBOOK_RETURN_IF_ERROR(
      output.Write("case,AMOUNT_REQ,REG_DATE,concept:name,lifecycle:transition,org:resource,"
                   "time:timestamp\n"));
  Merge steps(options.seed);
  for (uint64_t row = 0; row < options.rows; ++row) {
    DAYBOOK_RETURN_IF_ERROR(output.Write(steps.Next()));
  }
  return output.Close();
}

}  // namespace loans
