// What closes the store and goes on with it, or with what was made of it.
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/log_entry.h"
#include "daybook/core/log_import.h"
#include "daybook/snapshots/backup.h"
#include "differences.h"
#include "quiet_copy.h"
#include "store_under_test.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;

}  // namespace

std::string StoreUnderTest::Reopen(const std::function<std::string()>& between) {
  ++outcomes_["opened again"];
  kept_.clear();
  for (auto& [number, followed] : followed_) followed.subscription.reset();
  const std::string chain = store_->Stats().chain_hex;
  store_.reset();
  std::string wrong = First({between(), Open()});
  if (!wrong.empty()) return wrong;
  for (auto& [number, followed] : followed_) {
    followed.subscription = std::make_unique<Subscription>(store_.get(), followed.options);
  }
  for (const auto& [table, number] : tables_) {
    wrong =
        Differ("number of a table", Text(FindTable(*store_, NameOf(table))), absl::StrCat(number));
    if (!wrong.empty()) return wrong;
  }
  return First({Differ("chain after opening", store_->Stats().chain_hex, chain),
                Do(operation::LookAtHeads())});
}

std::string StoreUnderTest::Do(const operation::Restart& o) {
  if (engine_ == Engine::kMemory) return "";
  const std::string chain = store_->Stats().chain_hex;
  return Reopen([&]() -> std::string {
    if (!o.verify) return "";
    const auto report = VerifyStore(path_, Options());
    if (!report.ok()) return absl::StrCat("verify: ", report.status().ToString());
    return First({Differ("verified tip", report->tip.sequence(), model_->tip()),
                  Differ("verified events", report->events, model_->tip()),
                  Differ("verified streams", report->streams, model_->streams().size()),
                  Differ("verified chain", report->chain, chain)});
  });
}

std::string StoreUnderTest::MovePath() {
  return std::exchange(path_, absl::StrCat(directory_, "/store-", ++paths_));
}

std::string StoreUnderTest::Do(const operation::GoOnWithCopy&) {
  if (engine_ == Engine::kMemory) return "";
  const std::string old = MovePath();
  QuietCopy(old, path_);
  return Reopen([&]() -> std::string {
    fs::remove_all(old);
    return "";
  });
}

std::string StoreUnderTest::Do(const operation::GoOnWithBackup&) {
  if (engine_ == Engine::kMemory) return "";
  const std::string old = MovePath();
  const std::string backups = absl::StrCat(directory_, "/backups-", paths_);
  const std::string chain = store_->Stats().chain_hex;
  const auto taken = Backup(*store_, backups);
  if (!taken.ok()) return absl::StrCat("backup: ", taken.status().ToString());
  RestoreOptions options;
  options.store = Options();
  const auto report = Restore(backups, path_, options);
  if (!report.ok()) return absl::StrCat("restore: ", report.status().ToString());
  const std::string wrong = First({Differ("restored tip", report->tip.sequence(), model_->tip()),
                                   Differ("restored chain", report->chain, chain)});
  if (!wrong.empty()) return wrong;
  return Reopen([&]() -> std::string {
    fs::remove_all(old);
    fs::remove_all(backups);
    return "";
  });
}

std::string StoreUnderTest::Do(const operation::GoOnWithImport&) {
  if (engine_ == Engine::kMemory) return "";
  const std::string old = MovePath();
  const auto import = LogImport::Begin(path_, Options());
  if (!import.ok()) return absl::StrCat("import: ", import.status().ToString());
  ReadLogOptions all;
  all.limit = all.max_bytes = all.max_scanned = ~size_t{0} >> 1;
  const auto log = store_->Reader()->ReadLog(all);
  if (!log.ok()) return absl::StrCat("export: ", log.status().ToString());
  for (const RecordedEvent& event : *log) {
    const auto entry = LogEntryOf(event);
    if (!entry.ok()) return absl::StrCat("export: ", entry.status().ToString());
    const absl::Status added = (*import)->Append(*entry);
    if (!added.ok()) return absl::StrCat("import: ", added.ToString());
  }
  const auto report = (*import)->Finish();
  if (!report.ok()) return absl::StrCat("import: ", report.status().ToString());
  const std::string wrong =
      First({Differ("imported tip", report->tip.sequence(), model_->tip()),
             Differ("imported streams", report->streams, model_->streams().size()),
             Differ("imported chain", report->chain, store_->Stats().chain_hex)});
  if (!wrong.empty()) return wrong;
  ++outcomes_["imported"];
  tables_.clear();
  model_->ForgetRows();
  return Reopen([&]() -> std::string {
    fs::remove_all(old);
    return "";
  });
}

}  // namespace daybook
