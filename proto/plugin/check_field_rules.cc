#include <regex.h>

#include <cmath>
#include <limits>
#include <set>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "checks.h"
#include "daybook/proto/field_rules.h"
#include "field_kinds.h"
#include "rule_words.h"

namespace daybook::generator {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

struct Range {
  absl::int128 low;
  absl::int128 high;
};

Range RangeOf(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
    case FieldDescriptor::CPPTYPE_UINT32:
      return {0, std::numeric_limits<uint32_t>::max()};
    case FieldDescriptor::CPPTYPE_UINT64:
      return {0, std::numeric_limits<uint64_t>::max()};
    default:
      return {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
  }
}

// Why regcomp refuses the pattern; empty when it does not.
std::string PatternError(const std::string& pattern) {
  if (pattern.find('\0') != std::string::npos) return "it holds NUL";
  regex_t regex;
  const int code = regcomp(&regex, pattern.c_str(), REG_EXTENDED | REG_NOSUB);
  if (code == 0) {
    regfree(&regex);
    return "";
  }
  char text[256];
  regerror(code, &regex, text, sizeof(text));
  return text;
}

class FieldRulesCheck {
 public:
  FieldRulesCheck(const FieldDescriptor& field, Diagnostics* diagnostics)
      : field_(field), options_(OptionsOf(field)), diagnostics_(diagnostics) {}

  void Run() {
    if (!HasRule()) return;
    const Role role = RoleOf(*field_.containing_type());
    if (role != Role::kCommand && role != Role::kNone) {
      return Add(absl::StrCat("rules are checked on commands, not on ", WithArticle(role)));
    }
    const bool map = field_.is_map();
    if (options_.has_string() && Fits("string", IsString(field_))) String();
    if (options_.has_bytes() && Fits("bytes", IsBytes(field_))) Bytes();
    if (options_.has_integer() && Fits("integer", IsInteger(field_))) Integer();
    if (options_.has_floating() && Fits("floating", IsFloating(field_))) Floating();
    if (options_.has_repeated() && Fits("repeated", field_.is_repeated() && !map)) Repeated();
    if (options_.defined_only()) Fits("defined_only", IsEnum(field_));
  }

 private:
  bool HasRule() const {
    return options_.required() || options_.has_string() || options_.has_bytes() ||
           options_.has_integer() || options_.has_floating() || options_.has_repeated() ||
           options_.defined_only();
  }

  void Add(absl::string_view text) { diagnostics_->AddField(field_, v1::kFieldFieldNumber, text); }

  bool Fits(absl::string_view rules, bool fits) {
    if (!fits) Add(absl::StrCat("the rule `", rules, "` does not fit ", KindOf(field_)));
    return fits;
  }

  template <typename Rules>
  void Lengths(const Rules& rules) {
    if (rules.has_min_len() && rules.has_max_len() && rules.min_len() > rules.max_len()) {
      Add(absl::StrCat("min_len ", rules.min_len(), " is above max_len ", rules.max_len()));
    }
  }

  void String() {
    const v1::StringRules& rules = options_.string();
    Lengths(rules);
    if (rules.has_pattern()) {
      if (const std::string error = PatternError(rules.pattern()); !error.empty()) {
        return Add(absl::StrCat("pattern \"", rules.pattern(), "\" does not compile: ", error));
      }
    }
    std::set<std::string> seen;
    for (const std::string& value : rules.in()) {
      if (!seen.insert(value).second) Add(absl::StrCat("in holds \"", value, "\" twice"));
      const size_t length = internal::CodePoints(value);
      if ((rules.has_min_len() && length < rules.min_len()) ||
          (rules.has_max_len() && length > rules.max_len()) ||
          (rules.has_pattern() && !internal::Pattern(rules.pattern().c_str()).Matches(value))) {
        Add(absl::StrCat("in holds \"", value, "\", which another rule excludes"));
      }
    }
  }

  void Bytes() { Lengths(options_.bytes()); }

  void Repeated() {
    const v1::RepeatedRules& rules = options_.repeated();
    if (rules.has_min_items() && rules.has_max_items() && rules.min_items() > rules.max_items()) {
      Add(absl::StrCat("min_items ", rules.min_items(), " is above max_items ", rules.max_items()));
    }
  }

  // Says which of a pair is too much; true when both bounds are there at most once.
  template <typename Rules>
  bool OneBoundEach(const Rules& rules) {
    if (rules.has_gt() && rules.has_gte()) Add("gt and gte both bound it from below");
    if (rules.has_lt() && rules.has_lte()) Add("lt and lte both bound it from above");
    return !(rules.has_gt() && rules.has_gte()) && !(rules.has_lt() && rules.has_lte());
  }

  bool InRange(absl::string_view name, int64_t bound) {
    const Range range = RangeOf(field_);
    if (range.low <= bound && bound <= range.high) return true;
    Add(absl::StrCat(name, " ", bound, " is outside the range of ", field_.type_name()));
    return false;
  }

  void Integer() {
    const v1::IntRules& rules = options_.integer();
    if (!OneBoundEach(rules)) return;
    bool sound = true;
    if (rules.has_gt()) sound &= InRange("gt", rules.gt());
    if (rules.has_gte()) sound &= InRange("gte", rules.gte());
    if (rules.has_lt()) sound &= InRange("lt", rules.lt());
    if (rules.has_lte()) sound &= InRange("lte", rules.lte());
    if (!sound) return;
    Range left = RangeOf(field_);
    if (rules.has_gt()) left.low = absl::int128(rules.gt()) + 1;
    if (rules.has_gte()) left.low = rules.gte();
    if (rules.has_lt()) left.high = absl::int128(rules.lt()) - 1;
    if (rules.has_lte()) left.high = rules.lte();
    if (left.low > left.high) return Add(absl::StrCat(Bounds(rules), " leave no value"));
    std::set<int64_t> seen;
    for (const int64_t value : rules.in()) {
      if (!seen.insert(value).second) Add(absl::StrCat("in holds ", value, " twice"));
      if (!InRange("in", value)) continue;
      if (value < left.low || value > left.high) {
        Add(absl::StrCat("in holds ", value, ", which another rule excludes"));
      }
    }
  }

  void Floating() {
    const v1::DoubleRules& rules = options_.floating();
    if (std::isnan(rules.gt()) || std::isnan(rules.gte()) || std::isnan(rules.lt()) ||
        std::isnan(rules.lte())) {
      return Add("a bound is NaN, which nothing satisfies");
    }
    if (!OneBoundEach(rules)) return;
    const double low = rules.has_gt()    ? rules.gt()
                       : rules.has_gte() ? rules.gte()
                                         : -std::numeric_limits<double>::infinity();
    const double high = rules.has_lt()    ? rules.lt()
                        : rules.has_lte() ? rules.lte()
                                          : std::numeric_limits<double>::infinity();
    const bool open = rules.has_gt() || rules.has_lt();
    if (low > high || (low == high && open)) {
      Add(absl::StrCat(Bounds(rules), " leave no value"));
    }
  }

  static std::string Words(int64_t bound) { return absl::StrCat(bound); }
  static std::string Words(double bound) { return DoubleWords(bound); }

  // "gt 5 and lt 3".
  template <typename Rules>
  static std::string Bounds(const Rules& rules) {
    const std::string low = rules.has_gt()    ? absl::StrCat("gt ", Words(rules.gt()))
                            : rules.has_gte() ? absl::StrCat("gte ", Words(rules.gte()))
                                              : "";
    const std::string high = rules.has_lt()    ? absl::StrCat("lt ", Words(rules.lt()))
                             : rules.has_lte() ? absl::StrCat("lte ", Words(rules.lte()))
                                               : "";
    return absl::StrCat(low, low.empty() || high.empty() ? "" : " and ", high);
  }

  const FieldDescriptor& field_;
  const v1::FieldOptions& options_;
  Diagnostics* diagnostics_;
};

}  // namespace

void CheckFieldRules(const Descriptor& message, Diagnostics* diagnostics) {
  for (int i = 0; i < message.field_count(); ++i) {
    FieldRulesCheck(*message.field(i), diagnostics).Run();
  }
}

}  // namespace daybook::generator
