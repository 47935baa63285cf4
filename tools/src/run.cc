#include "run.h"

#include <functional>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "commands.h"
#include "numbers.h"
#include "printable.h"

namespace daybook::tools {
namespace {

constexpr char kDescription[] =
    "Looks into a Daybook store: its streams, its events, its soundness. Changes nothing in it.";

constexpr char kFooter[] =
    "Exit codes:\n"
    "  0  done; for verify: the store is sound\n"
    "  1  the store is damaged; the first bad position is named where one is known\n"
    "  2  the arguments are wrong\n"
    "  3  there is no store, it is no store at all, or it has no such stream\n"
    "  4  the store is in use\n"
    "  5  another refusal: permission, space, input and output, a newer format, a store that its\n"
    "     application must recover first\n";

// The arguments, and the command that was chosen.
struct Parsed {
  const Program* program;
  LsArguments ls;
  ReadArguments read;
  TailArguments tail;
  StatsArguments stats;
  VerifyArguments verify;
  ChosenCommand command;
};

template <typename Arguments>
CLI::App* AddCommand(CLI::App& app, Parsed& parsed, const std::string& name,
                     const std::string& description, Arguments& arguments,
                     ExitCode (*run)(const Arguments&, Console&), const std::string& json) {
  CLI::App* command = app.add_subcommand(name, description);
  AddStore(*parsed.program, *command, &arguments.store);
  command->add_flag("--json", arguments.json, json);
  command->final_callback([&parsed, &arguments, run] {
    parsed.command = [&arguments, run](Console& console) { return run(arguments, console); };
  });
  return command;
}

void AddLs(CLI::App& app, Parsed& parsed) {
  LsArguments& a = parsed.ls;
  CLI::App* ls = AddCommand(app, parsed, "ls",
                            "Lists the streams and their last versions, category by category", a,
                            &Ls, "One object a line: stream, category, version, events");
  ls->add_option("--category", a.category, "Only streams of this category");
  ls->add_option("--prefix", a.prefix, "Only streams whose name begins so");
  ls->add_option("--after", a.after, "Go on after this one, the last of an earlier listing");
  ls->add_option("--limit", a.limit, "At most so many")->check(WholeNumber(1));
}

void AddRead(CLI::App& app, Parsed& parsed) {
  ReadArguments& a = parsed.read;
  CLI::App* read =
      AddCommand(app, parsed, "read", "Prints events of the log or of a stream, in order", a, &Read,
                 "One object a line for each event");
  read->add_option("STREAM", a.stream, "Only this stream");
  read->add_option("--from", a.from, "With STREAM: the version to start with")
      ->check(WholeNumber(0));
  read->add_option("--after", a.after, "Without STREAM: the position to start after");
  read->add_option("--before", a.before, "With --backwards: the position to start before");
  read->add_option("--limit", a.limit, "At most so many")->check(WholeNumber(1));
  read->add_flag("--backwards", a.backwards, "From the end to the beginning");
  read->add_option("--category", a.categories, "Only streams of this category; may be repeated")
      ->allow_extra_args(false);
  read->add_option("--type", a.types, "Only events of this type; may be repeated")
      ->allow_extra_args(false);
}

void AddTail(CLI::App& app, Parsed& parsed) {
  TailArguments& a = parsed.tail;
  CLI::App* tail = AddCommand(app, parsed, "tail", "Prints the last events", a, &Tail,
                              "One object a line for each event");
  tail->add_option("-n,--count", a.count, "How many")->capture_default_str()->check(WholeNumber(0));
  tail->add_flag("-f,--follow", a.follow,
                 "Go on with what comes. A store belongs to one process at a time: new events are "
                 "seen once the application has closed it. Between two looks the store is closed");
  tail->add_option("--interval", a.interval_seconds, "Seconds between two looks of --follow")
      ->capture_default_str()
      ->check(Seconds());
}

void AddStats(CLI::App& app, Parsed& parsed) {
  AddCommand(
      app, parsed, "stats", "Tells in numbers what the store holds", parsed.stats, &Stats,
      "One object: events, streams, categories, types, disk_bytes, data_bytes, tip, chain, tables");
}

void AddVerify(CLI::App& app, Parsed& parsed) {
  AddCommand(app, parsed, "verify",
             "Reads everything and checks it: files, chain, witness, indexes. Exits 0 when the "
             "store is sound, and 1 with the first bad position when it is not",
             parsed.verify, &Verify, "One object: sound, then the figures or the problem");
}

// Of `daybook` alone: an application has its project.
void AddNew(CLI::App& app, NewArguments& a, ChosenCommand* chosen) {
  CLI::App* command = app.add_subcommand(
      "new", "Writes a project to begin with: contract, aggregate, view, tests, command line");
  command->add_option("NAME", a.name, "Of the project, its namespace and its directory")
      ->required();
  command->add_option("--in", a.parent, "The directory that gets it")->capture_default_str();
  command->final_callback(
      [&a, chosen] { *chosen = [&a](Console& console) { return New(a, console); }; });
}

}  // namespace

void AddStore(const Program& program, CLI::App& command, std::string* store) {
  if (!program.names_store_by_option) {
    command.add_option("STORE", *store, "The store's directory")->required();
    return;
  }
  *store = program.default_store;
  CLI::Option* option =
      command.add_option("--store", *store, "The store's directory")->envname("DAYBOOK_STORE");
  if (store->empty()) {
    option->required();
  } else {
    option->capture_default_str();
  }
}

int Run(int argc, const char* const* argv, Console& console) {
  Program program;
  program.name = "daybook";
  program.description = kDescription;
  NewArguments fresh;
  program.add_commands = [&](CLI::App& app, ChosenCommand* chosen) { AddNew(app, fresh, chosen); };
  return RunProgram(program, argc, argv, console);
}

int RunProgram(const Program& program, int argc, const char* const* argv, Console& console) {
  console.program = program.name;
  Parsed parsed;
  parsed.program = &program;
  CLI::App app(program.description, program.name);
  app.set_version_flag("--version", "daybook " DAYBOOK_VERSION);
  app.footer(kFooter + program.more_exit_codes);
  app.require_subcommand(1);
  AddLs(app, parsed);
  AddRead(app, parsed);
  AddTail(app, parsed);
  AddStats(app, parsed);
  AddVerify(app, parsed);
  if (program.add_commands) program.add_commands(app, &parsed.command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    app.exit(help, console.out, console.err);
    return kSound;
  } catch (const CLI::ParseError& error) {
    return Fail(console, kUsage,
                absl::StrCat(error.what(), " (", program.name, " --help says more)"));
  }
  ExitCode code = parsed.command(console);
  console.out.flush();
  if (code == kSound && !console.out.good()) {
    code = Fail(console, kOther, "the output cannot be written");
  }
  return code;
}

}  // namespace daybook::tools
