// What another row is measured against.
#ifndef DAYBOOK_BENCH_APPEND_ROWS_H_
#define DAYBOOK_BENCH_APPEND_ROWS_H_

namespace daybook::bench {

// Durable appends from `threads` callers that wait for each, in 1/s.
double AppendBlocking(int threads);

}  // namespace daybook::bench

#endif  // DAYBOOK_BENCH_APPEND_ROWS_H_
