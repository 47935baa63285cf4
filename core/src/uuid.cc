#include "daybook/core/uuid.h"

#include <pthread.h>
#include <sys/random.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/strings/ascii.h"
#include "daybook/core/errors.h"
#include "sha256.h"

namespace daybook {
namespace {

// A child that fork made must not repeat its parent's ids.
std::atomic<uint64_t> process_generation{1};

void SystemRandom(uint8_t* bytes, size_t size) {
  ssize_t got = 0;
  do {
    got = getrandom(bytes, size, 0);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(size)) {
    std::perror("daybook: getrandom");
    std::abort();
  }
}

// SHA-256(seed, counter): two ids a hash, nobody can tell one from another.
class Generator {
 public:
  std::array<uint8_t, Uuid::kBytes> Next() {
    const uint64_t generation = process_generation.load(std::memory_order_relaxed);
    if (generation != generation_) {
      SystemRandom(seed_.data(), seed_.size());
      generation_ = generation;
      left_ = 0;
    }
    if (left_ == 0) {
      block_ = internal::Sha256::Of(
          {internal::DigestBytes(seed_),
           absl::string_view(reinterpret_cast<const char*>(&counter_), sizeof(counter_))});
      ++counter_;
      left_ = 2;
    }
    --left_;
    std::array<uint8_t, Uuid::kBytes> bytes;
    std::memcpy(bytes.data(), block_.data() + Uuid::kBytes * left_, bytes.size());
    return bytes;
  }

 private:
  internal::Sha256Digest seed_{};
  internal::Sha256Digest block_{};
  uint64_t counter_ = 0;
  uint64_t generation_ = 0;
  int left_ = 0;
};

std::array<uint8_t, Uuid::kBytes> NextRandom() {
  static const int registered = pthread_atfork(nullptr, nullptr, [] { ++process_generation; });
  static_cast<void>(registered);
  thread_local Generator generator;
  return generator.Next();
}

constexpr size_t kTimeBytes = 6;
constexpr uint8_t kTimeOrdered = 7;
constexpr int kVersionByte = 6;
constexpr int kVariantByte = 8;

Uuid Stamp(std::array<uint8_t, Uuid::kBytes> bytes, uint8_t version) {
  bytes[kVersionByte] = static_cast<uint8_t>((bytes[kVersionByte] & 0x0f) | (version << 4));
  bytes[kVariantByte] = static_cast<uint8_t>((bytes[kVariantByte] & 0x3f) | 0x80);
  return Uuid(bytes);
}

bool HasDashBefore(size_t byte) {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = absl::ascii_tolower(static_cast<unsigned char>(c));
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

Uuid Uuid::Random() {
  return Stamp(NextRandom(), 4);
}

Uuid Uuid::TimeOrdered(absl::Time now) {
  std::array<uint8_t, kBytes> bytes = NextRandom();
  const auto millis = static_cast<uint64_t>(absl::ToUnixMillis(now));
  for (size_t i = 0; i < kTimeBytes; ++i) {
    bytes[i] = static_cast<uint8_t>(millis >> (8 * (kTimeBytes - 1 - i)));
  }
  return Stamp(bytes, kTimeOrdered);
}

Uuid Uuid::Derive(absl::string_view name, uint64_t n) {
  char number[8];
  for (int i = 0; i < 8; ++i) number[i] = static_cast<char>(n >> (8 * i));
  const internal::Sha256Digest digest =
      internal::Sha256::Of({absl::string_view(number, sizeof(number)), name});
  std::array<uint8_t, kBytes> bytes;
  std::memcpy(bytes.data(), digest.data(), bytes.size());
  return Stamp(bytes, 8);
}

Uuid Uuid::Derive(uint64_t n) const {
  Uuid derived = Derive(bytes(), n);
  if (bytes_[kVersionByte] >> 4 == kTimeOrdered) {
    std::copy_n(bytes_.begin(), kTimeBytes, derived.bytes_.begin());
  }
  return derived;
}

absl::StatusOr<Uuid> Uuid::Parse(absl::string_view text) {
  const absl::Status error = InvalidFieldError("uuid", "8-4-4-4-12 hexadecimal digits");
  if (text.size() != 36) return error;
  std::array<uint8_t, kBytes> bytes;
  size_t at = 0;
  for (size_t i = 0; i < kBytes; ++i) {
    if (HasDashBefore(i) && text[at++] != '-') return error;
    const int high = HexValue(text[at++]);
    const int low = HexValue(text[at++]);
    if (high < 0 || low < 0) return error;
    bytes[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return Uuid(bytes);
}

std::string Uuid::ToString() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (size_t i = 0; i < kBytes; ++i) {
    if (HasDashBefore(i)) text += '-';
    text += kDigits[bytes_[i] >> 4];
    text += kDigits[bytes_[i] & 15];
  }
  return text;
}

Uuid Uuid::FromBytes(absl::string_view bytes) {
  if (bytes.size() != kBytes) {
    std::fprintf(stderr, "daybook: Uuid::FromBytes of %zu bytes\n", bytes.size());
    std::abort();
  }
  Uuid uuid;
  std::memcpy(uuid.bytes_.data(), bytes.data(), kBytes);
  return uuid;
}

}  // namespace daybook
