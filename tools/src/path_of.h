// Paths as the one who asks means them.
#ifndef DAYBOOK_TOOLS_SRC_PATH_OF_H_
#define DAYBOOK_TOOLS_SRC_PATH_OF_H_

#include <filesystem>
#include <string>

#include "console.h"

namespace daybook::tools {

// A relative `path` is one within the directory of the program that asks.
inline std::string PathOf(const Console& console, const std::string& path) {
  if (console.running == nullptr) return path;
  return std::filesystem::path(console.running->directory) / path;
}

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_PATH_OF_H_
