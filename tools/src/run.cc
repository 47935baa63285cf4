#include "run.h"

#include <functional>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "commands.h"
#include "printable.h"

namespace daybook::tools {
namespace {

constexpr char kDescription[] =
    "Looks into a Daybook store: its streams, its events, its soundness. Changes nothing.";

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
  LsArguments ls;
  ReadArguments read;
  TailArguments tail;
  StatsArguments stats;
  SchemaArguments schema;
  VerifyArguments verify;
  std::function<ExitCode(Console&)> command;
};

// A whole number of at least `min`; CLI11's own checks let "-1" become a very large one.
CLI::Validator WholeNumber(uint64_t min) {
  return CLI::Validator(
      [min](const std::string& text) {
        uint64_t number = 0;
        const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
        return digits && absl::SimpleAtoi(text, &number) && number >= min
                   ? std::string()
                   : absl::StrCat("takes a whole number of at least ", min, ": not '", text, "'");
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

template <typename Arguments>
CLI::App* AddCommand(CLI::App& app, Parsed& parsed, const std::string& name,
                     const std::string& description, Arguments& arguments,
                     ExitCode (*run)(const Arguments&, Console&), const std::string& json) {
  CLI::App* command = app.add_subcommand(name, description);
  command->add_option("STORE", arguments.store, "The store's directory")->required();
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

void AddSchema(CLI::App& app, Parsed& parsed) {
  AddCommand(app, parsed, "schema",
             "Lists the types and schema versions of the events, with their number, the first and "
             "the last position, and the message that the payload is. Reads the whole log",
             parsed.schema, &Schema,
             "One object a line: type, schema_version, events, first, last, sample, message");
}

void AddVerify(CLI::App& app, Parsed& parsed) {
  AddCommand(app, parsed, "verify",
             "Reads everything and checks it: files, chain, witness, indexes. Exits 0 when the "
             "store is sound, and 1 with the first bad position when it is not",
             parsed.verify, &Verify, "One object: sound, then the figures or the problem");
}

}  // namespace

int Run(int argc, const char* const* argv, Console& console) {
  Parsed parsed;
  CLI::App app(kDescription, "daybook");
  app.set_version_flag("--version", "daybook " DAYBOOK_VERSION);
  app.footer(kFooter);
  app.require_subcommand(1);
  AddLs(app, parsed);
  AddRead(app, parsed);
  AddTail(app, parsed);
  AddStats(app, parsed);
  AddSchema(app, parsed);
  AddVerify(app, parsed);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    app.exit(help, console.out, console.err);
    return kSound;
  } catch (const CLI::ParseError& error) {
    return Fail(console, kUsage, std::string(error.what()) + " (daybook --help says more)");
  }
  ExitCode code = parsed.command(console);
  console.out.flush();
  if (code == kSound && !console.out.good()) {
    code = Fail(console, kOther, "the output cannot be written");
  }
  return code;
}

}  // namespace daybook::tools
