// loans: runs logs of loan applications through Daybook. Exits with 0 when all went well, 1 when
// something failed, 2 when it was called in a wrong way.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "daybook/core/status_macros.h"
#include "daybook/tools/tool_main.h"
#include "daybook/tools/tool_server.h"
#include "generate.h"
#include "loans_app.h"
#include "report.h"
#include "run_log.h"
#include "view_tables.h"

namespace loans {
namespace {

struct Arguments {
  std::string store;
  std::string input;
  std::string report;
  std::string output;
  GenerateOptions generate;
  uint64_t limit = 20;
  bool tsv = false;
};

// A plain number: left alone, CLI11 takes -1 for the largest one.
void AddNumber(CLI::App& command, const char* name, uint64_t* value, const char* help) {
  command.add_option(name, *value, help)
      ->check([](const std::string& text) {
        uint64_t number = 0;
        const bool plain = text.find_first_not_of("0123456789") == std::string::npos &&
                           absl::SimpleAtoi(text, &number);
        return plain ? "" : "must be a whole number from 0";
      })
      ->capture_default_str();
}

absl::Status Run(const Arguments& arguments) {
  // Before the store is made: of a log with a mistake nothing is left behind.
  DAYBOOK_ASSIGN_OR_RETURN(const CheckedLog log, CheckLog(arguments.input));
  DAYBOOK_ASSIGN_OR_RETURN(daybook::App app, OpenLoans(arguments.store, true));
  DAYBOOK_ASSIGN_OR_RETURN(const auto tools, daybook::ToolServer::Start(app, arguments.store));
  RunOptions options;
  options.progress = stderr;
  DAYBOOK_ASSIGN_OR_RETURN(const RunResult run, RunLog(app, log, options));
  DAYBOOK_ASSIGN_OR_RETURN(const Report report, MakeReport(app, run));
  if (!arguments.report.empty()) return WriteWhole(arguments.report, ToJson(report));
  std::cout << ToJson(report) << std::flush;
  return absl::OkStatus();
}

absl::Status PrintTables(const Arguments& arguments) {
  DAYBOOK_ASSIGN_OR_RETURN(const daybook::App app, OpenLoans(arguments.store, false));
  DAYBOOK_ASSIGN_OR_RETURN(const std::vector<Table> tables, ReadTables(app));
  for (const Table& table : tables) {
    std::cout << (arguments.tsv ? ToTsv(table) : ToText(table, arguments.limit) + "\n");
  }
  std::cout << std::flush;
  return absl::OkStatus();
}

absl::Status Generate(const Arguments& arguments) {
  return GenerateLog(arguments.generate, arguments.output);
}

}  // namespace

int Main(int argc, char** argv) {
  CLI::App program("Runs logs of loan applications through Daybook.", "loans");
  program.require_subcommand(1);
  Arguments arguments;

  CLI::App* run = program.add_subcommand("run", "Execute each row of a log as one command");
  run->add_option("--store", arguments.store, "Directory of the store, made when it is not there")
      ->required();
  run->add_option("--input", arguments.input, "The log: CSV, gzipped or not")->required();
  run->add_option("--report", arguments.report, "Where the report goes (default: standard output)");

  CLI::App* tables = program.add_subcommand("tables", "Print the views of a store as tables");
  tables->add_option("--store", arguments.store, "Directory of the store")->required();
  AddNumber(*tables, "--limit", &arguments.limit, "Rows of each view to show");
  tables->add_flag("--tsv", arguments.tsv, "Every row, for programs: tabs between, milliseconds");

  CLI::App* generate = program.add_subcommand("generate", "Make a log of the same shape");
  AddNumber(*generate, "--rows", &arguments.generate.rows, "How many rows");
  AddNumber(*generate, "--seed", &arguments.generate.seed, "Another seed, another log");
  generate->add_option("--output", arguments.output, "The file; gzipped when it ends in .gz")
      ->required();

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : 2;
  }

  const absl::Status status = run->parsed()      ? Run(arguments)
                              : tables->parsed() ? PrintTables(arguments)
                                                 : Generate(arguments);
  if (status.ok()) return 0;
  std::cerr << "loans: " << status.message() << " (" << absl::StatusCodeToString(status.code())
            << ")\n";
  return 1;
}

}  // namespace loans

// Its own commands, and beside them those of every application's tool.
int main(int argc, char** argv) {
  const auto own = [argc, argv](int, char**) { return loans::Main(argc, argv); };
  return loans::WithRegistrations([&](auto... registrations) {
    return daybook::ToolMain(argc, argv,
                             {.store = "loans.db",
                              .app = loans::LoansOptions(),
                              .commands = {{"run", "Execute each row of a log as one command", own},
                                           {"tables", "Print the views of a store as tables", own},
                                           {"generate", "Make a log of the same shape", own}}},
                             registrations...);
  });
}
