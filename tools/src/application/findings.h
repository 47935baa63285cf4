// What doctor looks for, one function for each thing that can be wrong.
#ifndef DAYBOOK_TOOLS_SRC_APPLICATION_FINDINGS_H_
#define DAYBOOK_TOOLS_SRC_APPLICATION_FINDINGS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "application/application.h"
#include "application/arguments.h"
#include "store_session.h"

namespace daybook::tools {

struct Finding {
  std::string check;   // "views", "snapshots", "schema", "disk"
  bool urgent = true;  // false: it mends itself
  std::string problem;
  std::string mend;  // a command, or what a person has to do
};

// A store that is open: so its files, its log and its witness agree about where it ends.
struct Patient {
  const Application& application;
  const DoctorArguments& arguments;
  const StoreSession& session;
  Position due;  // where a view has to be
};

// Each appends to `findings`. DataLoss where the store cannot be read.
absl::Status FindInViews(const Patient& patient, std::vector<Finding>* findings);
absl::Status FindInSnapshots(const Patient& patient, std::vector<Finding>* findings);
absl::Status FindInSchemas(const Patient& patient, std::vector<Finding>* findings);
absl::Status FindOnDisk(const Patient& patient, std::vector<Finding>* findings);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_APPLICATION_FINDINGS_H_
