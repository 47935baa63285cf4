// What RocksDB tells of itself.
#ifndef DAYBOOK_CORE_SRC_INFO_LOG_H_
#define DAYBOOK_CORE_SRC_INFO_LOG_H_

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <string>

#include "daybook/core/mutex.h"
#include "rocksdb/env.h"

namespace daybook::internal {

// Appends warnings and errors to the file `LOG`, which is made with the first of them; options and
// versions, which RocksDB writes at each opening, are left out. RocksDB's own logger asserts, in
// Debian's build, when it writes again after its disk was full, which ends the process. This one
// loses the line, and nothing else. Thread-safe.
class InfoLog : public rocksdb::Logger {
 public:
  // In `directory`, which need not be there yet.
  explicit InfoLog(const std::string& directory)
      : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), path_(directory + "/LOG") {}
  ~InfoLog() override;

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override;
  void LogHeader(const char*, va_list) override {}

 private:
  // Past it the file is begun anew, and the old one is `LOG.old`.
  static constexpr int64_t kMaxBytes = 1 << 20;

  void OpenFile() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  Mutex mutex_;
  std::FILE* file_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_INFO_LOG_H_
