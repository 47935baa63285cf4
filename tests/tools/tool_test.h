// A store in a temporary directory, and the tool run on it within this process.
#ifndef DAYBOOK_TESTS_TOOLS_TOOL_TEST_H_
#define DAYBOOK_TESTS_TOOLS_TOOL_TEST_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daybook/core/event_store.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace daybook::tools {

struct Output {
  int code = -1;
  std::string out;
  std::string err;

  // The lines of `out`, each of which has its end.
  std::vector<std::string> Lines() const;
  // The same, each parsed; a test failure for a line that is no JSON object.
  std::vector<nlohmann::json> Json() const;
};

class ToolTest : public testing::Test {
 protected:
  ToolTest();
  ~ToolTest() override;

  // What the tests run on: 5 events in 3 streams of 2 categories. Versions of "loan-1": 0 to 2.
  //   1 loan-1 Opened   2 loan-1 Changed   3 offer-1 Opened   4 loan-2 Opened   5 loan-1 Changed
  // Opened is a daybook.v1.VersionConflict {stream, actual}, whose descriptor the store keeps;
  // Changed is bytes without one.
  void MakeStore();
  // Appends one event with `payload` and closes the store again.
  void Append(const std::string& stream, const Event& event);

  // Opens the store, as an application does.
  std::unique_ptr<EventStore> Open();

  // Runs `daybook arguments...`. `wait` stands for the waits of tail -f; by default none. `in` is
  // the standard input.
  Output RunTool(
      const std::vector<std::string>& arguments, std::function<bool()> wait = [] { return false; },
      const std::string& in = "");

  const std::string directory_;  // exists, empty until MakeStore; gone afterwards
  const std::string store_;      // a path in it
};

}  // namespace daybook::tools

#endif  // DAYBOOK_TESTS_TOOLS_TOOL_TEST_H_
