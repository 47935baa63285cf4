// What an append expects of its stream.
#ifndef DAYBOOK_CORE_EXPECTED_VERSION_H_
#define DAYBOOK_CORE_EXPECTED_VERSION_H_

#include <cstdint>
#include <optional>
#include <string>

namespace daybook {

// A closed type: any, no stream, stream exists, exactly N. A plain value.
class ExpectedVersion {
 public:
  static constexpr ExpectedVersion Any() { return ExpectedVersion(Kind::kAny, 0); }
  static constexpr ExpectedVersion NoStream() { return ExpectedVersion(Kind::kNoStream, 0); }
  static constexpr ExpectedVersion StreamExists() { return ExpectedVersion(Kind::kExists, 0); }
  // The stream's last event has this version (0-based).
  static constexpr ExpectedVersion Exactly(uint64_t version) {
    return ExpectedVersion(Kind::kExactly, version);
  }
  // What a reader saw: exactly that version, or no stream.
  static constexpr ExpectedVersion Of(std::optional<uint64_t> version) {
    return version.has_value() ? Exactly(*version) : NoStream();
  }

  // Whether a stream at `actual` (nullopt: no stream) is as expected.
  constexpr bool Matches(std::optional<uint64_t> actual) const {
    switch (kind_) {
      case Kind::kAny:
        return true;
      case Kind::kNoStream:
        return !actual.has_value();
      case Kind::kExists:
        return actual.has_value();
      case Kind::kExactly:
        return actual == version_;
    }
    return false;
  }

  // Set for Exactly only.
  constexpr std::optional<uint64_t> exact() const {
    return kind_ == Kind::kExactly ? std::optional<uint64_t>(version_) : std::nullopt;
  }

  // "any", "no stream", "stream exists" or the number.
  std::string ToString() const;

  friend constexpr bool operator==(const ExpectedVersion&, const ExpectedVersion&) = default;

 private:
  enum class Kind : uint8_t { kAny, kNoStream, kExists, kExactly };
  constexpr ExpectedVersion(Kind kind, uint64_t version) : kind_(kind), version_(version) {}

  Kind kind_;
  uint64_t version_;
};

}  // namespace daybook

#endif  // DAYBOOK_CORE_EXPECTED_VERSION_H_
