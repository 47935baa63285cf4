// What several rows need: directories, payloads, times.
#ifndef DAYBOOK_BENCH_FIXTURES_H_
#define DAYBOOK_BENCH_FIXTURES_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/mutex.h"
#include "daybook/core/open.h"

namespace daybook::bench {

inline constexpr uint64_t kStreams = 10'000;
inline constexpr size_t kPayloadBytes = 256;

// A new directory under TMPDIR (default /var/tmp, which is a disk), removed with the object.
class Directory {
 public:
  Directory() {
    const char* base = std::getenv("TMPDIR");
    path_ = absl::StrCat(base != nullptr ? base : "/var/tmp", "/daybook-bench-XXXXXX");
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}
template <typename T>
T Value(absl::StatusOr<T> result) {
  Check(result.status());
  return *std::move(result);
}

inline std::unique_ptr<EventStore> OpenBenchStore(const std::string& path, Durability durability) {
  StoreOptions options;
  options.durability = durability;
  return Value(OpenStore(path, options));
}

// Incompressible bytes, the same in every run.
inline std::string Payload(uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string payload(kPayloadBytes, '\0');
  for (char& byte : payload) byte = static_cast<char>(random());
  return payload;
}

inline std::string StreamOf(uint64_t n) {
  return absl::StrCat("account-", n % kStreams);
}

// Set by one thread, awaited by another, over and over.
class Signal {
 public:
  void Set() {
    MutexLock lock(&mutex_);
    set_ = true;
    changed_.Signal();
  }
  void Wait() {
    MutexLock lock(&mutex_);
    while (!set_) changed_.Wait(&mutex_);
    set_ = false;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool set_ ABSL_GUARDED_BY(mutex_) = false;
};

class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  double Micros() const { return Seconds() * 1e6; }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

inline double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

}  // namespace daybook::bench

#endif  // DAYBOOK_BENCH_FIXTURES_H_
