#include "daybook/core/expected_version.h"

#include "absl/strings/str_cat.h"

namespace daybook {

std::string ExpectedVersion::ToString() const {
  switch (kind_) {
    case Kind::kAny:
      return "any";
    case Kind::kNoStream:
      return "no stream";
    case Kind::kExists:
      return "stream exists";
    case Kind::kExactly:
      break;
  }
  return absl::StrCat(version_);
}

}  // namespace daybook
