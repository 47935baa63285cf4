// The rows of the benchmark: each is a figure of ours and, mostly, the same work done by hand on
// bare RocksDB, measured in the same run.
#ifndef DAYBOOK_BENCH_ROWS_H_
#define DAYBOOK_BENCH_ROWS_H_

#include <functional>
#include <string>
#include <vector>

namespace daybook::bench {

// Does the work once and returns its figure: a rate in 1/s, a time in µs, or bytes.
using Measure = std::function<double()>;

struct Row {
  std::string name;
  Measure ours;
  Measure by_hand;  // nullptr: nothing is done by hand
};

// How much work a row does: 1 in `make bench`; less in a quick look, where figures mean little.
double Scale();
size_t Scaled(size_t full);

// Each file of the benchmark adds its rows.
void AddAppendRows(std::vector<Row>* rows);
void AddConditionRows(std::vector<Row>* rows);
void AddReadRows(std::vector<Row>* rows);
void AddFoldRows(std::vector<Row>* rows);
void AddLoadRows(std::vector<Row>* rows);
void AddExecuteRows(std::vector<Row>* rows);
void AddSizeRows(std::vector<Row>* rows);

}  // namespace daybook::bench

#endif  // DAYBOOK_BENCH_ROWS_H_
