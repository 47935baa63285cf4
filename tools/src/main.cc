#include <unistd.h>

#include <iostream>

#include "run.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  daybook::tools::Console console{.out = std::cout, .err = std::cerr};
  console.show_progress = isatty(STDERR_FILENO) != 0;
  return daybook::tools::Run(argc, argv, console);
}
