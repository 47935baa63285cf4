#include "info_log.h"

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace daybook::internal {

InfoLog::~InfoLog() {
  MutexLock lock(&mutex_);
  if (file_ != nullptr) std::fclose(file_);
}

void InfoLog::OpenFile() {
  if (file_ != nullptr && std::ftell(file_) < kMaxBytes) return;
  if (file_ != nullptr) {
    std::fclose(file_);
    std::rename(path_.c_str(), (path_ + ".old").c_str());
  }
  file_ = std::fopen(path_.c_str(), "ae");
}

void InfoLog::Logv(const char* format, va_list arguments) {
  // The system's time, not the store's: it is for people who look for what else happened then.
  const std::string time = absl::FormatTime(absl::Now(), absl::UTCTimeZone());
  MutexLock lock(&mutex_);
  OpenFile();
  if (file_ == nullptr) return;
  std::fprintf(file_, "%s ", time.c_str());
  std::vfprintf(file_, format, arguments);
  std::fputc('\n', file_);
  std::fflush(file_);
}

}  // namespace daybook::internal
