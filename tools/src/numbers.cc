#include "numbers.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace daybook::tools {

CLI::Validator WholeNumber(uint64_t min, uint64_t max) {
  return CLI::Validator(
      [min, max](const std::string& text) {
        uint64_t number = 0;
        const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
        if (digits && absl::SimpleAtoi(text, &number) && number >= min && number <= max) {
          return std::string();
        }
        return absl::StrCat("takes a whole number of at least ", min,
                            max == ~uint64_t{0} ? "" : absl::StrCat(" and at most ", max),
                            ": not '", text, "'");
      },
      "");
}

CLI::Validator Seconds() {
  return CLI::Validator(
      [](const std::string& text) {
        double seconds = 0;
        return absl::SimpleAtod(text, &seconds) && seconds >= 0.01 && seconds <= 86'400
                   ? std::string()
                   : absl::StrCat("takes seconds, 0.01 to 86400: not '", text, "'");
      },
      "");
}

}  // namespace daybook::tools
