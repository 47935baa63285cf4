#include "application/run_application.h"

#include <algorithm>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "application/commands.h"
#include "numbers.h"
#include "run.h"

namespace daybook::tools {
namespace {

constexpr char kMoreExitCodes[] =
    "  6  doctor: something needs attention; schema check: this build cannot read all; catch-up,\n"
    "     replay, rollback: a view has stopped, or events of it are parked; replay --compare: the\n"
    "     rows differ, or could not be compared; parked replay: something stays parked;\n"
    "     parked replay, parked drop: the build is paused, or has stopped\n"
    "  7  execute: the business said no\n";

// The arguments of all commands; they outlive the parser.
struct Parsed {
  ExecuteArguments execute;
  QueryArguments query;
  WatchArguments watch;
  StateArguments state;
  WhyArguments why;
  BisectArguments bisect;
  ViewsArguments views;
  DoctorArguments doctor;
  CatchUpArguments catch_up;
  ReplayArguments replay;
  RollbackArguments rollback;
  ParkedArguments parked_list;
  ParkedArguments parked_show;
  ParkedArguments parked_replay;
  ParkedArguments parked_drop;
};

// What adding a command needs.
struct Adder {
  const Application& application;
  const Program& program;
  CLI::App& app;
  ChosenCommand* chosen;

  template <typename Arguments>
  CLI::App* Add(const std::string& name, const std::string& description, Arguments& arguments,
                ExitCode (*run)(const Application&, const Arguments&, Console&)) const {
    CLI::App* command = app.add_subcommand(name, description);
    AddStore(program, *command, &arguments.store);
    command->add_flag("--json", arguments.json, "One JSON object a line");
    command->final_callback([this_application = &application, to = chosen, &arguments, run] {
      to->store = &arguments.store;
      to->run = [this_application, &arguments, run](Console& console) {
        return run(*this_application, arguments, console);
      };
    });
    return command;
  }
};

void AddExecute(const Adder& adder, ExecuteArguments& a) {
  CLI::App* command = adder.Add(
      "execute", "Executes a command, and prints its reply or its rejection", a, &Execute);
  command->add_option("TYPE", a.type, "The command's message, such as bank.Deposit or Deposit")
      ->required();
  command->add_option("JSON", a.command, "The command, in Protocol Buffers' JSON")->required();
  command->add_option("--id", a.id, "The command's id: given again, it is not executed again");
  command->add_flag("--create", a.create, "Makes the store when it is not there");
  command->add_option("--actor", a.actor, "Who asks for it; stands in the events' metadata");
  // Before an application is asked to run it: then its answer may be lost, not the id.
  command->parse_complete_callback([&application = adder.application, &a, chosen = adder.chosen] {
    if (a.id.empty()) {
      a.id = DrawCommandId(application);
      chosen->more_arguments = {"--id", a.id};
    }
    chosen->when_lost = AgainText(a.id);
  });
}

void AddRows(CLI::App& command, RowsArguments& a) {
  command.add_option("--prefix", a.prefix, "Only keys that begin so");
  command.add_option("--from", a.from, "The first key; with --by, of the next field's values");
  command.add_option("--until", a.until, "The first one that is not wanted");
  command.add_option("--by", a.by, "Rows by this index, in its order");
  command.add_option("--equals", a.equals, "Values of the index's leading fields, in its order");
}

void AddQuery(const Adder& adder, QueryArguments& a) {
  CLI::App* command =
      adder.Add("query", "Prints rows of a view, in the order of their keys", a, &Query);
  command->add_option("VIEW", a.view, "The view's name")->required();
  command->add_option("KEY", a.key, "Only the row of this key");
  AddRows(*command, a.rows);
  command->add_option("--limit", a.limit, "At most so many rows")->check(WholeNumber(1));
  command->add_flag("--backwards", a.backwards, "The last row first");
  command->add_option("--at", a.at,
                      "The rows as of a position or a time (RFC 3339): folded from the log anew");
}

void AddWatch(const Adder& adder, WatchArguments& a) {
  CLI::App* command = adder.Add(
      "watch", "Prints rows of a view of the running application, and then what becomes of them", a,
      &Watch);
  command->add_option("VIEW", a.view, "The view's name")->required();
  AddRows(*command, a.rows);
  command->add_option("--resume", a.resume,
                      "Only what changed since the batch of which --json printed this");
}

void AddState(const Adder& adder, StateArguments& a) {
  CLI::App* command = adder.Add("state", "Prints the state of an aggregate", a, &State);
  command->add_option("STREAM", a.stream, "The aggregate's stream: category-key")->required();
  command->add_option("--at-version", a.at_version, "As of this version")->check(WholeNumber(0));
  command->add_option("--at", a.at, "As of a position or a time (RFC 3339)");
}

void AddSubject(CLI::App* command, SubjectArguments& of) {
  command->add_option("VIEW|STREAM", of.subject, "A view, with KEY; or a stream")->required();
  command->add_option("KEY", of.key, "With a view: the row");
}

void AddWhy(const Adder& adder, WhyArguments& a) {
  CLI::App* command = adder.Add(
      "why", "Prints the events that made a row or a state what it is, and what each changed", a,
      &ShowWhy);
  AddSubject(command, a.of);
  command->add_option("--last", a.last, "Only the newest so many")
      ->capture_default_str()
      ->check(WholeNumber(1));
  command->add_option("--until", a.until, "Up to a position or a time (RFC 3339)");
}

void AddBisect(const Adder& adder, BisectArguments& a) {
  CLI::App* command =
      adder.Add("bisect", "Finds the first event after which a condition on a row or a state holds",
                a, &ShowBisect);
  AddSubject(command, a.of);
  command->add_option("--where", a.where, "FIELD OP VALUE, such as 'balance < 0'; = != < <= > >=")
      ->required();
}

void AddDoctor(const Adder& adder, DoctorArguments& a) {
  CLI::App* command = adder.Add(
      "doctor", "Says what is wrong or will be, and what to do about it: for cron", a, &Doctor);
  command->add_option("--max-lag", a.max_lag, "Events that a view may be behind")
      ->capture_default_str()
      ->check(WholeNumber(0));
  command->add_option("--min-free", a.min_free_mib, "MiB that should be free on the disk")
      ->capture_default_str()
      ->check(WholeNumber(0, ~uint64_t{0} >> 20));
}

// Within `schema`, which lists what there is, and whose options it takes.
void AddSchemaCheck(const Adder& adder) {
  CLI::App* schema = adder.app.get_subcommand("schema");
  CLI::App* check = schema->add_subcommand(
      "check",
      "Whether this build can read every event of the store: before a deploy. Reads the whole log");
  check->fallthrough();
  check->final_callback([application = &adder.application, schema, chosen = adder.chosen] {
    chosen->run = [application, schema, chosen](Console& console) {
      const bool json = schema->get_option("--json")->count() > 0;
      return CheckSchemas(*application, {.store = *chosen->store, .json = json}, console);
    };
  });
}

void AddCatchUp(const Adder& adder, CatchUpArguments& a) {
  CLI::App* command =
      adder.Add("catch-up", "Opens the application until its views have reached the end of the log",
                a, &CatchUp);
  command->add_option("--timeout", a.timeout_seconds, "Seconds at most")
      ->capture_default_str()
      ->check(Seconds());
}

void AddReplay(const Adder& adder, ReplayArguments& a) {
  CLI::App* command = adder.Add(
      "replay",
      "Builds a view anew from the log while the present build of it answers, and has it take over",
      a, &Replay);
  command->add_option("VIEW", a.view, "The view's name")->required();
  CLI::Option* compare =
      command->add_flag("--compare", a.compare,
                        "Takes over only where both have the same rows; else prints what differs, "
                        "and the first event that made the difference");
  command
      ->add_flag("--cancel", a.cancel,
                 "Gives up a build that was begun: it waits, was paused, failed or was cut off")
      ->excludes(compare);
  command
      ->add_flag("--with-parked", a.with_parked,
                 "Takes over even where events of the new build are parked")
      ->excludes(compare);
  command->add_option("--workers", a.workers, "Threads that fold, at most 64")
      ->capture_default_str()
      ->check(WholeNumber(1, 64));
}

void AddRollback(const Adder& adder, RollbackArguments& a) {
  CLI::App* command =
      adder.Add("rollback", "Goes back to the build of a view that answered before the present one",
                a, &Rollback);
  command->add_option("VIEW", a.view, "The view's name")->required();
}

// The view, and which build of it.
void AddParkedView(CLI::App* command, ParkedArguments& a) {
  command->add_option("VIEW", a.view, "The view's name")->required();
  command->add_option("--generation", a.generation, "A build beside the one that answers")
      ->check(WholeNumber(1, ~uint32_t{0}));
}

void AddParkedLimit(CLI::App* command, ParkedArguments& a, const std::string& what) {
  command->add_option("--limit", a.limit, what)
      ->capture_default_str()
      ->check(WholeNumber(1, 10'000));
}

void AddParked(const Adder& adder, Parsed& parsed) {
  CLI::App* parked = adder.app.add_subcommand(
      "parked", "Events that a view could not take, and those of the same key behind them");
  parked->require_subcommand(1);
  const Adder within{adder.application, adder.program, *parked, adder.chosen};
  CLI::App* list =
      within.Add("list", "Prints the keys that are held", parsed.parked_list, &ListParkedKeys);
  AddParkedView(list, parsed.parked_list);
  list->add_option("--after", parsed.parked_list.after, "Only keys after this one");
  AddParkedLimit(list, parsed.parked_list, "At most so many keys");
  CLI::App* show =
      within.Add("show", "Prints the events of one key", parsed.parked_show, &ShowParkedKey);
  AddParkedView(show, parsed.parked_show);
  show->add_option("KEY", parsed.parked_show.key, "The row's key")->required();
  AddParkedLimit(show, parsed.parked_show, "At most so many events");
  CLI::App* replay = within.Add("replay", "Folds what is parked, by the code of this program",
                                parsed.parked_replay, &ReplayParkedKeys);
  AddParkedView(replay, parsed.parked_replay);
  replay->add_option("KEY", parsed.parked_replay.key, "The row's key");
  replay->add_flag("--all", parsed.parked_replay.all, "Every key that is held");
  CLI::App* drop = within.Add("drop", "Discards what is parked of a key: its row goes on without",
                              parsed.parked_drop, &DropParkedKey);
  AddParkedView(drop, parsed.parked_drop);
  drop->add_option("KEY", parsed.parked_drop.key, "The row's key")->required();
}

void AddCommands(const Adder& adder, Parsed& parsed) {
  AddExecute(adder, parsed.execute);
  AddQuery(adder, parsed.query);
  AddWatch(adder, parsed.watch);
  AddState(adder, parsed.state);
  AddWhy(adder, parsed.why);
  AddBisect(adder, parsed.bisect);
  adder.Add("views", "Prints how far each view is", parsed.views, &Views);
  AddDoctor(adder, parsed.doctor);
  AddSchemaCheck(adder);
  AddCatchUp(adder, parsed.catch_up);
  AddReplay(adder, parsed.replay);
  AddRollback(adder, parsed.rollback);
  AddParked(adder, parsed);
  // Only so that --help names them: they are run before the arguments are parsed.
  for (const OwnCommand& own : adder.application.options().commands) {
    for (CLI::App* other : adder.app.get_subcommands(
             [&own](CLI::App* command) { return command->get_name() == own.name; })) {
      adder.app.remove_subcommand(other);
    }
    adder.app.add_subcommand(own.name, own.help);
  }
}

}  // namespace

int RunApplication(const Application& application, int argc, char** argv, Console& console) {
  for (const OwnCommand& own : application.options().commands) {
    if (argc > 1 && own.name == argv[1]) return own.run(argc - 1, argv + 1);
  }
  Parsed parsed;
  Program program;
  program.name = application.program();
  program.description = absl::StrCat(
      "The commands of ", application.program(),
      ". Those of the tool work within the application that has the store open, where it answers "
      "the tools, and on the files of a store that nobody has open. Only execute, limits, delete, "
      "scavenge, catch-up, replay, rollback, parked replay and parked drop change what is in a "
      "store that is "
      "there; backup opens it as "
      "the application does, and so recovers it after a crash; restore and import make a new one.");
  program.more_exit_codes = kMoreExitCodes;
  program.kind = ToolKind::kApplication;
  program.names_store_by_option = true;
  program.default_store = application.options().store;
  program.add_commands = [&](CLI::App& app, ChosenCommand* chosen) {
    AddCommands({application, program, app, chosen}, parsed);
  };
  return RunProgram(program, argc, argv, console);
}

}  // namespace daybook::tools
