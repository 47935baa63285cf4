#include "events.h"

#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace daybook::peers {
namespace {

constexpr absl::string_view kHead = "{\"data\": \"";
constexpr absl::string_view kTail = "\"}";
constexpr size_t kNumberDigits = 16;
constexpr size_t kRandomBytes = kPayloadBytes - kHead.size() - 2 * kNumberDigits - kTail.size();

// Random letters, the same in every run. Payloads are cut out of them, which costs a client next to
// nothing, yet two that stand close together have little in common.
absl::string_view RandomPart(uint64_t stream, uint64_t version) {
  static const std::string* const kLetters = [] {
    constexpr absl::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::mt19937_64 random(1);
    auto* letters = new std::string(size_t{1} << 20, '\0');
    for (char& letter : *letters) letter = kAlphabet[random() % kAlphabet.size()];
    return letters;
  }();
  const uint64_t mixed = (stream * 0x9E3779B97F4A7C15 + version) * 0xBF58476D1CE4E5B9;
  return absl::string_view(*kLetters).substr((mixed >> 20) % (kLetters->size() - kRandomBytes),
                                             kRandomBytes);
}

bool TakeNumber(absl::string_view* text, uint64_t* number) {
  if (!absl::SimpleHexAtoi(text->substr(0, kNumberDigits), number)) return false;
  text->remove_prefix(kNumberDigits);
  return true;
}

}  // namespace

std::string StreamName(uint64_t stream) {
  return absl::StrCat("account-", stream);
}

std::string PayloadOf(uint64_t stream, uint64_t version) {
  return absl::StrCat(kHead, absl::Hex(stream, absl::kZeroPad16),
                      absl::Hex(version, absl::kZeroPad16), RandomPart(stream, version), kTail);
}

absl::Status Reading::Take(absl::string_view payload) {
  uint64_t stream = 0;
  uint64_t version = 0;
  absl::string_view rest = payload;
  if (payload.size() != kPayloadBytes) {
    return absl::DataLossError(absl::StrCat("a payload of ", payload.size(), " bytes"));
  }
  rest.remove_prefix(kHead.size());
  if (!TakeNumber(&rest, &stream) || !TakeNumber(&rest, &version) ||
      rest.substr(0, kRandomBytes) != RandomPart(stream, version)) {
    return absl::DataLossError(absl::StrCat("never appended: ", payload));
  }
  uint64_t& next = next_[stream];
  if (version != next) {
    return absl::DataLossError(absl::StrCat(StreamName(stream), ": version ", version,
                                            " was read where ", next, " comes next"));
  }
  ++next;
  ++events_;
  return absl::OkStatus();
}

}  // namespace daybook::peers
