// Where a test called, so that a failure points there and not into the test kit.
#ifndef DAYBOOK_TESTKIT_CALL_SITE_H_
#define DAYBOOK_TESTKIT_CALL_SITE_H_

namespace daybook {

// As the default of a parameter, `CallSite at = CallSite::Here()` is the place of the call.
struct CallSite {
  static constexpr CallSite Here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {file, line};
  }

  const char* file;
  int line;
};

}  // namespace daybook

#endif  // DAYBOOK_TESTKIT_CALL_SITE_H_
