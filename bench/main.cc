// daybook_bench: runs every row several times, interleaved, and ends with one line each:
//   RATIO <row> <ours> <by hand> <quotient>
// ours and by hand are medians, plain numbers (rates in 1/s, times in µs, bytes); `-` where nothing
// is done by hand.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "benchmark/benchmark.h"
#include "rows.h"

namespace daybook::bench {
namespace {

constexpr char kFigure[] = "figure";

// Prints as usual, and keeps every run's figure.
class RatioReporter : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
      figures_[run.run_name.function_name].push_back(run.counters.at(kFigure).value);
    }
  }

  void PrintRatios(const std::vector<Row>& rows) {
    std::printf("\n%-28s %14s %14s   spread of ours, by hand (min to max)\n", "row", "ours",
                "by hand");
    for (const Row& row : rows) {
      std::printf("%-28s %14s %14s   %s, %s\n", row.name.c_str(), Median(row, "ours").c_str(),
                  Median(row, "hand").c_str(), Spread(row, "ours").c_str(),
                  Spread(row, "hand").c_str());
    }
    std::printf("\n");
    for (const Row& row : rows) {
      const std::string ours = Median(row, "ours");
      const std::string hand = Median(row, "hand");
      if (ours == "-") continue;  // left out by a filter
      const std::string quotient =
          hand == "-" ? "-" : absl::StrFormat("%.3f", std::stod(ours) / std::stod(hand));
      std::printf("RATIO %s %s %s %s\n", row.name.c_str(), ours.c_str(), hand.c_str(),
                  quotient.c_str());
    }
  }

 private:
  std::vector<double> Sorted(const Row& row, const char* side) {
    std::vector<double> figures = figures_[absl::StrCat(row.name, "/", side)];
    std::sort(figures.begin(), figures.end());
    return figures;
  }
  std::string Median(const Row& row, const char* side) {
    const std::vector<double> figures = Sorted(row, side);
    return figures.empty() ? "-" : absl::StrFormat("%.2f", figures[figures.size() / 2]);
  }
  std::string Spread(const Row& row, const char* side) {
    const std::vector<double> figures = Sorted(row, side);
    if (figures.empty()) return "-";
    return absl::StrFormat("%.2f to %.2f", figures.front(), figures.back());
  }

  std::map<std::string, std::vector<double>> figures_;
};

void Register(const std::string& name, const Measure& measure) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [measure](benchmark::State& state) {
                                 double figure = 0;
                                 for (auto _ : state) figure = measure();
                                 state.counters[kFigure] = figure;
                               })
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
}

}  // namespace

double Scale() {
  static const double kScale = [] {
    const char* text = std::getenv("DAYBOOK_BENCH_SCALE");
    const double scale = text == nullptr ? 1 : std::atof(text);
    return scale > 0 && scale <= 1 ? scale : 1;
  }();
  return kScale;
}

size_t Scaled(size_t full) {
  return std::max<size_t>(1, static_cast<size_t>(full * Scale()));
}

}  // namespace daybook::bench

int main(int argc, char** argv) {
  using namespace daybook::bench;  // NOLINT: this is its program
  std::vector<Row> rows;
  AddAppendRows(&rows);
  AddConditionRows(&rows);
  AddReadRows(&rows);
  AddFoldRows(&rows);
  AddLoadRows(&rows);
  AddExecuteRows(&rows);
  AddSizeRows(&rows);
  for (const Row& row : rows) {
    Register(row.name + "/ours", row.ours);
    if (row.by_hand != nullptr) Register(row.name + "/hand", row.by_hand);
  }
  // Seven runs of each (three in a quick look), in a random order over all rows: what disturbs the
  // machine for a while disturbs ours and by hand alike. A user's own flags come later and win.
  std::vector<std::string> arguments = {
      argv[0], absl::StrCat("--benchmark_repetitions=", Scale() < 1 ? 3 : 7),
      "--benchmark_enable_random_interleaving=true", "--benchmark_report_aggregates_only=false"};
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
  if (benchmark::ReportUnrecognizedArguments(count, pointers.data())) return 2;
  RatioReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  reporter.PrintRatios(rows);
  return 0;
}
