// The 128-bit ids of events and commands.
#ifndef DAYBOOK_CORE_UUID_H_
#define DAYBOOK_CORE_UUID_H_

#include <array>
#include <compare>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace daybook {

// A UUID (RFC 9562). A plain value; all zeros is "none".
class Uuid {
 public:
  static constexpr size_t kBytes = 16;

  constexpr Uuid() = default;
  constexpr explicit Uuid(const std::array<uint8_t, kBytes>& bytes) : bytes_(bytes) {}

  // A new random one (version 4), from a generator of the calling thread that the system seeds.
  static Uuid Random();
  // A new one that begins with `now` in milliseconds, the rest random (version 7, RFC 9562): rows
  // that are written one after the other stand side by side under such keys.
  static Uuid TimeOrdered(absl::Time now);
  // The same one for the same arguments, always (version 8, from a SHA-256): an id for the n-th
  // thing that `name` stands for. So that a retry carries the id of its first try.
  static Uuid Derive(absl::string_view name, uint64_t n = 0);
  // The same, named by this id. It begins with the time of a time-ordered one, and so sorts with
  // it.
  Uuid Derive(uint64_t n) const;

  // InvalidArgument (InvalidField "uuid") unless 8-4-4-4-12 hexadecimal digits.
  static absl::StatusOr<Uuid> Parse(absl::string_view text);
  std::string ToString() const;

  // From 16 raw bytes. Requires bytes.size() == 16.
  static Uuid FromBytes(absl::string_view bytes);
  absl::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

  constexpr bool is_nil() const { return *this == Uuid(); }

  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Uuid& u) {
    return H::combine(std::move(h), u.bytes_);
  }

 private:
  std::array<uint8_t, kBytes> bytes_{};
};

using EventId = Uuid;
using CommandId = Uuid;

}  // namespace daybook

#endif  // DAYBOOK_CORE_UUID_H_
