#include "daybook/testkit/event_matchers.h"

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "daybook/core/codec.h"

namespace daybook {

void PrintTo(const RecordedEvent& event, std::ostream* os) {
  *os << event.type << " at " << event.stream << "@" << event.version << ", position "
      << event.position.ToString() << ", ";
  if (event.removed) {
    *os << "payload removed";
  } else {
    *os << "payload \"" << absl::CHexEscape(event.payload) << "\"";
  }
}

bool InStream::MatchAndExplain(const RecordedEvent& event, std::ostream* os) const {
  if (os != nullptr) *os << "which is in stream " << event.stream;
  return event.stream == name_;
}
void InStream::DescribeTo(std::ostream* os) const {
  *os << "is in stream " << name_;
}
void InStream::DescribeNegationTo(std::ostream* os) const {
  *os << "isn't in stream " << name_;
}

namespace internal {

bool AtVersionMatcher::MatchAndExplain(const RecordedEvent& event, std::ostream* os) const {
  if (os != nullptr) *os << "which is at version " << event.version;
  return event.version == version_;
}
void AtVersionMatcher::DescribeTo(std::ostream* os) const {
  *os << "is at version " << version_;
}
void AtVersionMatcher::DescribeNegationTo(std::ostream* os) const {
  *os << "isn't at version " << version_;
}

bool OfTypeMatcher::MatchAndExplain(const RecordedEvent& event, std::ostream* os) const {
  if (os != nullptr) *os << "which is of type " << event.type;
  return event.type == type_;
}
void OfTypeMatcher::DescribeTo(std::ostream* os) const {
  *os << "is of type " << type_;
}
void OfTypeMatcher::DescribeNegationTo(std::ostream* os) const {
  *os << "isn't of type " << type_;
}

bool DecodeForMatch(const RecordedEvent& event, absl::string_view type, uint32_t schema_version,
                    google::protobuf::Message* message, std::ostream* os) {
  if (event.type != type) {
    if (os != nullptr) *os << "which is of type " << event.type;
    return false;
  }
  const absl::Status status = DecodeEvent(event, schema_version, message);
  if (!status.ok() && os != nullptr) *os << "which cannot be decoded: " << status;
  return status.ok();
}

}  // namespace internal
}  // namespace daybook
