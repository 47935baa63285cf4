#include "new_project.h"

#include <dlfcn.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "daybook/core/status_macros.h"

namespace daybook::tools {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxNameBytes = 64;

// Words of C++ (those that a name in lower case can be), and names that the project's own files
// would meet: namespaces that they use, and targets that CMake and its generators keep.
constexpr absl::string_view kTaken[] = {"alignas",
                                        "alignof",
                                        "and",
                                        "and_eq",
                                        "asm",
                                        "auto",
                                        "bitand",
                                        "bitor",
                                        "bool",
                                        "break",
                                        "case",
                                        "catch",
                                        "char",
                                        "class",
                                        "compl",
                                        "concept",
                                        "const",
                                        "consteval",
                                        "constexpr",
                                        "constinit",
                                        "continue",
                                        "decltype",
                                        "default",
                                        "delete",
                                        "do",
                                        "double",
                                        "else",
                                        "enum",
                                        "explicit",
                                        "export",
                                        "extern",
                                        "false",
                                        "float",
                                        "for",
                                        "friend",
                                        "goto",
                                        "if",
                                        "inline",
                                        "int",
                                        "long",
                                        "mutable",
                                        "namespace",
                                        "new",
                                        "noexcept",
                                        "not",
                                        "not_eq",
                                        "nullptr",
                                        "operator",
                                        "or",
                                        "or_eq",
                                        "private",
                                        "protected",
                                        "public",
                                        "register",
                                        "requires",
                                        "return",
                                        "short",
                                        "signed",
                                        "sizeof",
                                        "static",
                                        "struct",
                                        "switch",
                                        "template",
                                        "this",
                                        "throw",
                                        "true",
                                        "try",
                                        "typedef",
                                        "typeid",
                                        "typename",
                                        "union",
                                        "unsigned",
                                        "using",
                                        "virtual",
                                        "void",
                                        "volatile",
                                        "while",
                                        "xor",
                                        "xor_eq",
                                        "char8_t",
                                        "char16_t",
                                        "char32_t",
                                        "wchar_t",
                                        "co_await",
                                        "co_return",
                                        "co_yield",
                                        "const_cast",
                                        "dynamic_cast",
                                        "main",
                                        "std",
                                        "absl",
                                        "daybook",
                                        "google",
                                        "testing",
                                        "rocksdb",
                                        "all",
                                        "clean",
                                        "edit_cache",
                                        "help",
                                        "install",
                                        "package",
                                        "test",
                                        "static_cast",
                                        "rebuild_cache",
                                        "static_assert",
                                        "thread_local",
                                        "reinterpret_cast"};

absl::Status WriteFile(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (file.good()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("cannot write ", path.string()));
}

absl::Status WriteFiles(const std::string& name, const fs::path& directory) {
  for (const TemplateFile& file : TemplateFiles()) {
    const auto in_this_project = [&](absl::string_view text) {
      return absl::StrReplaceAll(text, {{"starter", name},
                                        {"STARTER", absl::AsciiStrToUpper(name)},
                                        {"Starter", "Application"}});
    };
    DAYBOOK_RETURN_IF_ERROR(
        WriteFile(directory / in_this_project(file.name), in_this_project(file.text)));
  }
  return absl::OkStatus();
}

absl::Status SystemError(absl::string_view what, const std::error_code& error) {
  return absl::PermissionDeniedError(absl::StrCat("cannot make ", what, ": ", error.message()));
}

}  // namespace

absl::Status CheckProjectName(absl::string_view name) {
  const auto wrong = [&](absl::string_view rule) {
    return absl::InvalidArgumentError(
        absl::StrCat("NAME is a name for a namespace: ", rule, ", and '", name, "' is not"));
  };
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_';
  });
  if (name.empty() || !absl::ascii_islower(name.front()) || !plain || name.size() > kMaxNameBytes) {
    return wrong(absl::StrCat("a-z, 0-9 and _, a letter first, at most ", kMaxNameBytes));
  }
  if (name.find("__") != absl::string_view::npos) return wrong("without two _ in a row");
  const bool taken = std::find(std::begin(kTaken), std::end(kTaken), name) != std::end(kTaken);
  if (taken) return wrong("none that C++ or CMake has");
  if (dlsym(RTLD_DEFAULT, std::string(name).c_str()) != nullptr) {
    return wrong("none that the C library has");
  }
  return absl::OkStatus();
}

absl::Status WriteProject(const std::string& name, const std::string& parent) {
  DAYBOOK_RETURN_IF_ERROR(CheckProjectName(name));
  std::error_code error;
  if (!fs::is_directory(parent, error)) {
    return absl::NotFoundError(absl::StrCat("there is no directory ", parent));
  }
  const fs::path directory = fs::path(parent) / name;
  if (fs::symlink_status(directory, error).type() != fs::file_type::not_found) {
    return absl::AlreadyExistsError(absl::StrCat(directory.string(), " is there already"));
  }
  // Made aside and then given its name, so that a half-written project never has it.
  std::string aside = (fs::path(parent) / absl::StrCat(".", name, ".XXXXXX")).string();
  if (mkdtemp(aside.data()) == nullptr) {
    return SystemError(directory.string(), std::error_code(errno, std::generic_category()));
  }
  absl::Status status = WriteFiles(name, aside);
  if (status.ok()) {
    fs::permissions(aside, fs::perms(0755), error);
    if (!error) fs::rename(aside, directory, error);
    if (error) status = SystemError(directory.string(), error);
  }
  if (!status.ok()) fs::remove_all(aside, error);
  return status;
}

}  // namespace daybook::tools
