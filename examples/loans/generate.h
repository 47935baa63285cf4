// Makes logs of the shape of the real one.
#ifndef DAYBOOK_EXAMPLES_LOANS_GENERATE_H_
#define DAYBOOK_EXAMPLES_LOANS_GENERATE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace loans {

struct GenerateOptions {
  uint64_t rows = 20'000;
  uint64_t seed = 1;
};

// Writes a log of exactly that many rows to `path`, gzipped when the name ends in ".gz": many
// applications at a time, sorted by time, with some steps that break each of the four rules and
// some work left open. The same options give the same bytes on every machine. The system's error
// when the file cannot be written; it is then removed.
absl::Status GenerateLog(const GenerateOptions& options, const std::string& path);

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_GENERATE_H_
