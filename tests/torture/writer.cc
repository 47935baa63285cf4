// torture_writer STORE JOURNAL FIRST...: posts commands, one writer for each FIRST, from that
// number on, and writes each outcome to the journal after it was acknowledged. Runs until it is
// killed.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "ledger.h"

namespace daybook {
namespace {

void Write(App& app, int journal, uint64_t writer, uint64_t first) {
  for (uint64_t n = first;; ++n) {
    Numbered numbered = CommandOf(writer, n);
    CommandOptions options;
    options.command_id = numbered.id;
    const absl::StatusOr<Reply> reply = app.Execute(numbered.command, options);
    std::string line;
    if (reply.ok()) {
      line = absl::StrCat(writer, " ", n, " accepted ", reply->token.ToString(), "\n");
    } else if (const auto overdrawn = RejectionAs<ledger::Overdrawn>(reply.status())) {
      line = absl::StrCat(writer, " ", n, " rejected ", overdrawn->balance(), "\n");
    } else {
      std::fprintf(stderr, "%s\n", reply.status().ToString().c_str());
      std::_Exit(1);  // not by way of the destructors, beside which the others still write
    }
    if (::write(journal, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
      std::_Exit(1);
    }
  }
}

}  // namespace
}  // namespace daybook

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  absl::StatusOr<daybook::App> app = daybook::OpenLedger(argv[1]);
  if (!app.ok()) {
    std::fprintf(stderr, "%s\n", app.status().ToString().c_str());
    return 1;
  }
  const int journal = ::open(argv[2], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (journal < 0) return 1;
  std::vector<std::thread> writers;
  for (int i = 3; i < argc; ++i) {
    writers.emplace_back([&app, journal, i, first = std::strtoull(argv[i], nullptr, 10)] {
      daybook::Write(*app, journal, static_cast<uint64_t>(i - 3), first);
    });
  }
  for (std::thread& writer : writers) writer.join();
  return 0;
}
