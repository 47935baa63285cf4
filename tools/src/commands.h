// The commands. Each returns its exit code; errors are told on console.err.
#ifndef DAYBOOK_TOOLS_SRC_COMMANDS_H_
#define DAYBOOK_TOOLS_SRC_COMMANDS_H_

#include "arguments.h"
#include "console.h"
#include "exit_code.h"

namespace daybook::tools {

// The streams, with their last version.
ExitCode Ls(const LsArguments& arguments, Console& console);
// Events of the log or of one stream.
ExitCode Read(const ReadArguments& arguments, Console& console);
// The last events and, when followed, those that come.
ExitCode Tail(const TailArguments& arguments, Console& console);
// What the store holds, in numbers.
ExitCode Stats(const StatsArguments& arguments, Console& console);
// Which events the store holds, by type and schema version.
ExitCode Schema(const SchemaArguments& arguments, Console& console);
// Writes a project to begin with.
ExitCode New(const NewArguments& arguments, Console& console);
// Whether the store is sound.
ExitCode Verify(const VerifyArguments& arguments, Console& console);

// What limits a stream, shown or set.
ExitCode Limits(const LimitsArguments& arguments, Console& console);
// Deletes a stream.
ExitCode Delete(const DeleteArguments& arguments, Console& console);
// Removes the payloads of events that are gone from their streams.
ExitCode Scavenge(const ScavengeArguments& arguments, Console& console);

// Adds a backup to a directory of them.
ExitCode TakeBackup(const BackupArguments& arguments, Console& console);
// The backups of a directory.
ExitCode Backups(const BackupsArguments& arguments, Console& console);
// Makes a store from a backup.
ExitCode RestoreBackup(const RestoreArguments& arguments, Console& console);
// The same, for the proof alone.
ExitCode RehearseRestore(const RehearseArguments& arguments, Console& console);
// The log as lines of JSON.
ExitCode Export(const ExportArguments& arguments, Console& console);
// Makes a store from them.
ExitCode Import(const ImportArguments& arguments, Console& console);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_COMMANDS_H_
