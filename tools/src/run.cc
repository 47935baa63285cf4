#include "run.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "commands.h"
#include "numbers.h"
#include "printable.h"
#include "running_store.h"

namespace daybook::tools {
namespace {

constexpr char kDescription[] =
    "Looks into a Daybook store: its streams, its events, its soundness. Backs it up and restores "
    "it. Changes nothing in a store that is there, but what becomes of a stream. Where an "
    "application has the store open and "
    "answers the tools, the command is run there.";

constexpr char kNewStore[] = "Where the store is to be; nothing may be there yet";

constexpr char kFooter[] =
    "Exit codes:\n"
    "  0  done; for verify and rehearse: sound\n"
    "  1  the store, the backup or the file to import is damaged; the first bad position is named\n"
    "     where one is known\n"
    "  2  the arguments are wrong\n"
    "  3  there is no store, it is no store at all, or it has no such stream; or no backup\n"
    "  4  the store is in use, or the backup directory\n"
    "  5  another refusal: permission, space, input and output, a newer format, a store that its\n"
    "     application must recover first, a place that is taken, backups of another store\n";

// The arguments, and the command that was chosen.
struct Parsed {
  const Program* program;
  LsArguments ls;
  ReadArguments read;
  TailArguments tail;
  StatsArguments stats;
  SchemaArguments schema;
  VerifyArguments verify;
  LimitsArguments limits;
  DeleteArguments delete_stream;
  ScavengeArguments scavenge;
  BackupArguments backup;
  BackupsArguments backups;
  RestoreArguments restore;
  RehearseArguments rehearse;
  ExportArguments export_log;
  ImportArguments import_log;
  ChosenCommand command;
};

template <typename Arguments>
CLI::App* AddCommand(CLI::App& app, Parsed& parsed, const std::string& name,
                     const std::string& description, Arguments& arguments,
                     ExitCode (*run)(const Arguments&, Console&), const std::string& json,
                     std::string* store = nullptr) {
  CLI::App* command = app.add_subcommand(name, description);
  command->add_flag("--json", arguments.json, json);
  command->final_callback([&parsed, &arguments, store, run, command] {
    parsed.command.store = store;
    if (!command->get_subcommands().empty()) return;  // One within it was chosen.
    parsed.command.run = [&arguments, run](Console& console) { return run(arguments, console); };
  });
  return command;
}

void AddDirectory(CLI::App* command, std::string& directory) {
  command->add_option("DIR", directory, "The directory of backups")->required();
}

void AddLs(CLI::App& app, Parsed& parsed) {
  LsArguments& a = parsed.ls;
  CLI::App* ls = AddCommand(app, parsed, "ls",
                            "Lists the streams and their last versions, category by category", a,
                            &Ls, "One object a line: stream, category, version, events", &a.store);
  AddStore(*parsed.program, *ls, &a.store);
  ls->add_option("--category", a.category, "Only streams of this category");
  ls->add_option("--prefix", a.prefix, "Only streams whose name begins so");
  ls->add_option("--after", a.after, "Go on after this one, the last of an earlier listing");
  ls->add_option("--limit", a.limit, "At most so many")->check(WholeNumber(1));
}

void AddRead(CLI::App& app, Parsed& parsed) {
  ReadArguments& a = parsed.read;
  CLI::App* read =
      AddCommand(app, parsed, "read", "Prints events of the log or of a stream, in order", a, &Read,
                 "One object a line for each event", &a.store);
  AddStore(*parsed.program, *read, &a.store);
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
  read->add_option("--tag", a.tags, "Only events with this tag, KEY:VALUE; may be repeated: all")
      ->allow_extra_args(false);
  read->add_option("--stream-prefix", a.stream_prefixes,
                   "Only streams whose names begin so; may be repeated")
      ->allow_extra_args(false);
  read->add_option("--stream-pattern", a.stream_pattern,
                   "Only streams whose names this RE2 pattern matches");
  read->add_option("--type-pattern", a.type_pattern, "The same of types");
  read->add_option("--since", a.since, "Without STREAM: from this time on (RFC 3339)");
}

void AddTail(CLI::App& app, Parsed& parsed) {
  TailArguments& a = parsed.tail;
  CLI::App* tail = AddCommand(app, parsed, "tail", "Prints the last events", a, &Tail,
                              "One object a line for each event", &a.store);
  AddStore(*parsed.program, *tail, &a.store);
  tail->add_option("-n,--count", a.count, "How many")->capture_default_str()->check(WholeNumber(0));
  tail->add_flag("-f,--follow", a.follow,
                 "Go on with what comes. Where the application that has the store open does not "
                 "answer the tools, new events are seen once it has closed it");
  tail->add_option("--interval", a.interval_seconds, "Seconds between two looks of --follow")
      ->capture_default_str()
      ->check(Seconds());
}

void AddStats(CLI::App& app, Parsed& parsed) {
  StatsArguments& a = parsed.stats;
  CLI::App* stats = AddCommand(
      app, parsed, "stats", "Tells in numbers what the store holds", a, &Stats,
      "One object: events, streams, categories, types, disk_bytes, data_bytes, tip, chain, tables",
      &a.store);
  AddStore(*parsed.program, *stats, &a.store);
}

void AddSchema(CLI::App& app, Parsed& parsed) {
  SchemaArguments& a = parsed.schema;
  CLI::App* schema = AddCommand(
      app, parsed, "schema",
      "Lists the types and schema versions of the events, with their number, the first "
      "and the last position, and the message that the payload is. Reads the whole log",
      a, &Schema, "One object a line: type, schema_version, events, first, last, sample, message",
      &a.store);
  AddStore(*parsed.program, *schema, &a.store);
}

void AddVerify(CLI::App& app, Parsed& parsed) {
  VerifyArguments& a = parsed.verify;
  CLI::App* verify =
      AddCommand(app, parsed, "verify",
                 "Reads everything and checks it: files, chain, witness, indexes. Exits 0 when "
                 "the store is sound, and 1 with the first bad position when it is not",
                 a, &Verify, "One object: sound, then the figures or the problem", &a.store);
  AddStore(*parsed.program, *verify, &a.store);
}

void AddLimits(CLI::App& app, Parsed& parsed) {
  LimitsArguments& a = parsed.limits;
  CLI::App* limits = AddCommand(
      app, parsed, "limits",
      "Shows which events of a stream are kept, or with options sets it: those limits, "
      "and no others. What is gone is no longer read with the stream, and `scavenge` "
      "removes it",
      a, &Limits, "One object: stream, max_age, max_count, truncate_before, first, last", &a.store);
  AddStore(*parsed.program, *limits, &a.store);
  limits->add_option("STREAM", a.stream, "The stream, which need not be there yet")->required();
  limits->add_option("--max-age", a.max_age,
                     "Only events that are no older are kept: 90s, 36h, 720h");
  limits->add_option("--max-count", a.max_count, "Only the last so many are kept")
      ->check(WholeNumber(1));
  limits
      ->add_option("--truncate-before", a.truncate_before,
                   "Only those from this version on are kept")
      ->check(WholeNumber(0));
  limits->add_flag("--clear", a.clear, "All are kept");
}

void AddDelete(CLI::App& app, Parsed& parsed) {
  DeleteArguments& a = parsed.delete_stream;
  CLI::App* remove = AddCommand(
      app, parsed, "delete",
      "Deletes a stream: it is no longer there, until something is appended to it, with versions "
      "that go on. `scavenge` removes its events",
      a, &Delete, "One object: stream, deleted, position", &a.store);
  AddStore(*parsed.program, *remove, &a.store);
  remove->add_option("STREAM", a.stream, "The stream")->required();
  remove->add_option("--expected", a.expected, "Only where this is its last version")
      ->check(WholeNumber(0));
  remove->add_flag("--tombstone", a.tombstone, "For good: nothing is appended to it ever again");
}

void AddScavenge(CLI::App& app, Parsed& parsed) {
  ScavengeArguments& a = parsed.scavenge;
  CLI::App* scavenge = AddCommand(
      app, parsed, "scavenge",
      "Removes the payloads of events that are gone from their streams and the snapshots of "
      "streams that were deleted, and gives the space back. The chain stays whole. One that was "
      "stopped goes on the next time",
      a, &Scavenge,
      "One object: finished, streams, events, bytes, snapshots (erased by this call), disk_before, "
      "disk_after",
      &a.store);
  AddStore(*parsed.program, *scavenge, &a.store);
  scavenge->add_flag("--no-compact", a.no_compact,
                     "Do not rewrite the files at the end: the space comes back in time");
}

void AddNumber(CLI::App* command, uint64_t& number) {
  command->add_option("--backup", number, "Its number; by default the newest")
      ->check(WholeNumber(1));
}

void AddBackups(CLI::App& app, Parsed& parsed) {
  BackupArguments& a = parsed.backup;
  CLI::App* backup = AddCommand(
      app, parsed, "backup",
      "Adds a backup of the store to a directory of them: what is new is copied, all is read again "
      "and checked",
      a, &TakeBackup, "One object: number, store, tip, chain, made, files, bytes, new_bytes",
      &a.store);
  AddStore(*parsed.program, *backup, &a.store);
  AddDirectory(backup, a.directory);
  backup->add_option("--keep", a.keep, "Then remove all but so many of the newest")
      ->check(WholeNumber(1));

  BackupsArguments& b = parsed.backups;
  AddDirectory(AddCommand(app, parsed, "backups", "Lists the backups of a directory", b, &Backups,
                          "One object a line: number, store, tip, chain, made, files, bytes"),
               b.directory);
}

void AddRestore(CLI::App& app, Parsed& parsed) {
  RestoreArguments& a = parsed.restore;
  CLI::App* restore = AddCommand(app, parsed, "restore",
                                 "Makes a store from a backup, and proves it before it is there", a,
                                 &RestoreBackup, "One object: sound, events, streams, tip, chain");
  AddDirectory(restore, a.directory);
  AddStore(*parsed.program, *restore, &a.store, kNewStore);
  AddNumber(restore, a.number);

  RehearseArguments& b = parsed.rehearse;
  CLI::App* rehearse =
      AddCommand(app, parsed, "rehearse",
                 "Restores a backup for the proof alone, and removes it again. Exits 0 when the "
                 "backup is sound, and 1 when it is not",
                 b, &RehearseRestore, "One object: sound, then the figures or the problem");
  AddDirectory(rehearse, b.directory);
  rehearse->add_option("--in", b.place, "Where there is space; by default within DIR");
  AddNumber(rehearse, b.number);
}

void AddExport(CLI::App& app, Parsed& parsed) {
  ExportArguments& a = parsed.export_log;
  CLI::App* exported = AddCommand(
      app, parsed, "export",
      "Writes the log to the standard output, all that it takes to import it again bit "
      "for bit",
      a, &Export, "The default: a heading, then one object a line for each event", &a.store);
  AddStore(*parsed.program, *exported, &a.store);

  ImportArguments& b = parsed.import_log;
  CLI::App* imported = AddCommand(app, parsed, "import",
                                  "Makes a store from an export, read from the standard input", b,
                                  &Import, "One object: sound, events, streams, tip, chain");
  AddStore(*parsed.program, *imported, &b.store, kNewStore);
}

// Of `daybook` alone: an application has its project.
void AddNew(CLI::App& app, NewArguments& a, ChosenCommand* chosen) {
  CLI::App* command = app.add_subcommand(
      "new", "Writes a project to begin with: contract, aggregate, view, tests, command line");
  command->add_option("NAME", a.name, "Of the project, its namespace and its directory")
      ->required();
  command->add_option("--in", a.parent, "The directory that gets it")->capture_default_str();
  command->final_callback(
      [&a, chosen] { chosen->run = [&a](Console& console) { return New(a, console); }; });
}

// Within the application that has the store open, where there is one that listens; else here.
ExitCode RunHereOrThere(const Program& program, const ChosenCommand& command,
                        std::vector<std::string> arguments, Console& console) {
  if (command.store == nullptr) return command.run(console);
  if (console.running != nullptr) {
    *command.store = console.running->path;
    return command.run(console);
  }
  // Behind the command's name: what the user wrote may end the options.
  arguments.insert(arguments.begin() + 2, command.more_arguments.begin(),
                   command.more_arguments.end());
  const std::optional<ExitCode> code =
      RunInApplication(*command.store, program.kind, arguments, command.when_lost, console);
  return code.has_value() ? *code : command.run(console);
}

}  // namespace

void AddStore(const Program& program, CLI::App& command, std::string* store,
              const std::string& what) {
  if (!program.names_store_by_option) {
    command.add_option("STORE", *store, what)->required();
    return;
  }
  *store = program.default_store;
  CLI::Option* option = command.add_option("--store", *store, what)->envname("DAYBOOK_STORE");
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
  AddSchema(app, parsed);
  AddVerify(app, parsed);
  AddLimits(app, parsed);
  AddDelete(app, parsed);
  AddScavenge(app, parsed);
  AddBackups(app, parsed);
  AddRestore(app, parsed);
  AddExport(app, parsed);
  if (program.add_commands) program.add_commands(app, &parsed.command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    app.exit(help, console.out, console.err);
    return kSound;
  } catch (const CLI::ParseError& error) {
    if (argc > 1 && argv[1][0] != '-' && app.get_subcommands().empty()) {
      return Fail(console, kUsage,
                  absl::StrCat("there is no command '", Printable(argv[1]), "' (", program.name,
                               " --help lists them)"));
    }
    return Fail(console, kUsage,
                absl::StrCat(error.what(), " (", program.name, " --help says more)"));
  }
  ExitCode code = RunHereOrThere(program, parsed.command, {argv, argv + argc}, console);
  console.out.flush();
  if (code == kSound && !console.out.good()) {
    code = Fail(console, kOther, "the output cannot be written");
  }
  return code;
}

}  // namespace daybook::tools
