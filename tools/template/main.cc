// The application's command line: executes commands, asks views, looks into the past.
#include "daybook/tools/tool_main.h"
#include "starter.h"

int main(int argc, char** argv) {
  return daybook::ToolMain(argc, argv, {.store = "starter.db"}, daybook::Aggregate<starter::Task>(),
                           daybook::Inline<starter::Board>());
}
