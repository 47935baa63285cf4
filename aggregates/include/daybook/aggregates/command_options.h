// What a caller says about a command beside the command itself.
#ifndef DAYBOOK_AGGREGATES_COMMAND_OPTIONS_H_
#define DAYBOOK_AGGREGATES_COMMAND_OPTIONS_H_

#include <string>
#include <utility>
#include <vector>

#include "daybook/core/uuid.h"

namespace daybook {

struct CommandOptions {
  // Makes the command safe to send again: the same id is decided once, and every retry within
  // AppOptions::reply_retention gets the first reply. One id belongs to one command: with another
  // stream or command type it is refused. Nil: a random one, so that a retry decides again.
  CommandId command_id;
  Uuid correlation_id;                                    // nil: the command's id
  Uuid causation_id;                                      // nil: the command's id
  std::string actor;                                      // who asks for it
  std::string trace_context;                              // a W3C traceparent
  std::vector<std::pair<std::string, std::string>> free;  // the application's own
};

}  // namespace daybook

#endif  // DAYBOOK_AGGREGATES_COMMAND_OPTIONS_H_
