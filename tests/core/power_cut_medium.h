// What stands on a medium when its power is cut: what was synced, and of the rest some.
#ifndef DAYBOOK_TESTS_CORE_POWER_CUT_MEDIUM_H_
#define DAYBOOK_TESTS_CORE_POWER_CUT_MEDIUM_H_

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "daybook/core/mutex.h"

namespace daybook::internal {

// What a cut leaves of that which was not synced.
enum class Tear {
  kDrop,     // nothing: of bytes, and of names
  kPrefix,   // of each file the first bytes, of the changes to each name the first
  kPages,    // of each file some pages of 4 KiB
  kSectors,  // of each file some sectors of 512 bytes; elsewhere zeros or garbage
  kAny,      // by file: a prefix, of a log perhaps with zeros or garbage at its end; some sectors
};

// Knows of each file and each name what is durable. Files are named by normal paths.
class PowerCutMedium {
 public:
  static std::string Normal(const std::string& path) {
    return std::filesystem::path(path).lexically_normal().string();
  }
  static std::string Parent(const std::string& path) {
    return std::filesystem::path(path).parent_path().string();
  }
  static std::string Read(std::ifstream& file) {
    std::ostringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
  }
  // nullopt: no file.
  static std::optional<std::string> FileAt(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
    std::ifstream file(path, std::ios::binary);
    return Read(file);
  }

  Mutex mutex;

  // ---- files that are appended to
  void Made(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    synced_[path] = written_[path] = 0;
  }
  void Appended(const std::string& path, uint64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    written_[path] += bytes;
  }
  // The name that the file was made under is durable too, as journalling file systems have it.
  void SyncAppended(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    synced_[path] = written_[path];
    for (NameChange& change : names_) {
      if (change.kind == NameChange::kMade && change.path == path) change.durable = true;
    }
  }
  // Nothing of it can be lost.
  bool IsWhole(const std::string& path) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    const auto it = synced_.find(path);
    return it != synced_.end() && it->second == written_.at(path);
  }

  // ---- files that are written in place
  // Before bytes are written: `read` gives what a sector holds.
  template <typename ReadSector>
  absl::Status Overwritten(const std::string& path, uint64_t offset, uint64_t size, ReadSector read)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    auto& undo = undo_[path];
    for (uint64_t s = offset / kSector; s * kSector < offset + size; ++s) {
      if (undo.contains(s)) continue;
      absl::StatusOr<std::string> old = read(s * kSector, kSector);
      if (!old.ok()) return old.status();
      undo[s] = *std::move(old);
    }
    return absl::OkStatus();
  }
  void SyncInPlace(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    undo_.erase(path);
  }

  // ---- names, before or after they changed: in order
  void NameMade(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    names_.push_back({.kind = NameChange::kMade, .path = path});
  }
  // `replaced`: the file that was called `to`.
  void NameRenamed(const std::string& from, const std::string& to,
                   std::optional<std::string> replaced) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    for (auto* sizes : {&synced_, &written_}) *sizes = RenamedAll(std::move(*sizes), from, to);
    undo_ = RenamedAll(std::move(undo_), from, to);
    names_.push_back(
        {.kind = NameChange::kRenamed, .path = from, .to = to, .before = std::move(replaced)});
  }
  // `deleted`: the file; nullopt: a directory.
  void NameDeleted(const std::string& path, std::optional<std::string> deleted)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    undo_.erase(path);
    synced_.erase(path);
    written_.erase(path);
    names_.push_back(
        {.kind = NameChange::kDeleted, .path = path, .to = "", .before = std::move(deleted)});
  }
  void SyncNames(const std::string& directory) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    for (size_t i = 0; i < names_.size(); ++i) {
      if (Now(Parent(names_[i].path), i) == directory) names_[i].durable = true;
    }
    const auto lost = std::find_if(names_.begin(), names_.end(),
                                   [](const NameChange& change) { return !change.durable; });
    names_.erase(names_.begin(), lost);
  }

  // ---- a cut
  // Takes from `bytes`, those of the file now, what is lost.
  void Lose(const std::string& path, Tear tear, std::mt19937_64& random, std::string* bytes) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    if (const auto it = synced_.find(path); it != synced_.end() && it->second < bytes->size()) {
      LoseAppended(path, it->second, tear, random, bytes);
    }
    const auto it = undo_.find(path);
    if (it == undo_.end()) return;
    const size_t kept = tear == Tear::kPrefix ? random() % (it->second.size() + 1) : 0;
    const uint64_t pages = random();
    size_t n = 0;
    for (const auto& [sector, old] : it->second) {
      bool stays = random() % 2 != 0;
      if (tear == Tear::kDrop || tear == Tear::kPrefix) stays = n++ < kept;
      if (tear == Tear::kPages) stays = (pages >> (sector * kSector / kPage % 64) & 1) != 0;
      if (stays || sector * kSector >= bytes->size()) continue;
      // Where the file was shorter, the medium has nothing.
      std::string lost = old;
      lost.resize(std::min<uint64_t>(kSector, bytes->size() - sector * kSector));
      bytes->replace(sector * kSector, lost.size(), lost);
    }
  }

  // Takes back what is lost of the changes to names, in the copy `to` of `from`.
  void LoseNames(const std::string& from, const std::string& to, Tear tear,
                 std::mt19937_64& random) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    std::map<std::string, std::vector<size_t>> unsynced;  // by directory
    for (size_t i = 0; i < names_.size(); ++i) {
      if (!names_[i].durable) unsynced[Now(Parent(names_[i].path), i)].push_back(i);
    }
    std::vector<bool> lost(names_.size());
    for (const auto& [directory, indexes] : unsynced) {
      for (const std::vector<size_t>& one : ByName(indexes)) {
        size_t kept = random() % 2 == 0 ? 0 : random() % (one.size() + 1);
        if (tear == Tear::kDrop) kept = 0;
        for (size_t n = kept; n < one.size(); ++n) lost[one[n]] = true;
      }
    }
    // Backwards, so that each finds the names as it left them, but for later renames that stay.
    for (size_t i = names_.size(); i-- > 0;) {
      if (!lost[i]) continue;
      const auto in_copy = [&](const std::string& path) {
        return absl::StartsWith(path, from + "/") ? to + path.substr(from.size()) : "";
      };
      TakeBack(names_[i], in_copy(AfterRenames(names_[i].path, i, lost)),
               in_copy(AfterRenames(names_[i].to, i, lost)));
    }
  }

 private:
  static constexpr uint64_t kSector = 512;
  static constexpr uint64_t kPage = 4096;

  // Of a name in a directory.
  struct NameChange {
    enum { kMade, kRenamed, kDeleted } kind;
    std::string path;  // at that time
    std::string to;    // of a rename, in the same directory
    // The file that was deleted, or replaced; nullopt: a directory, or nothing.
    std::optional<std::string> before;
    bool durable = false;
  };

  static std::string Name(const std::string& path) {
    return std::filesystem::path(path).filename().string();
  }
  // `path` after `from` was renamed to `to`.
  static std::string Renamed(const std::string& path, const std::string& from,
                             const std::string& to) {
    return path == from || absl::StartsWith(path, from + "/") ? to + path.substr(from.size())
                                                              : path;
  }
  template <typename Map>
  static Map RenamedAll(Map map, const std::string& from, const std::string& to) {
    Map renamed;
    for (auto& [path, value] : map) {
      if (path != to) renamed[Renamed(path, from, to)] = std::move(value);
    }
    return renamed;
  }

  static void LoseAppended(const std::string& path, uint64_t synced, Tear tear,
                           std::mt19937_64& random, std::string* bytes) {
    const uint64_t kept = synced + random() % (bytes->size() - synced + 1);
    // RocksDB 7.8 refuses a MANIFEST whose last record is torn otherwise than cut short, which is
    // how journalling file systems leave it.
    if (absl::StrContains(path, "/MANIFEST-") && tear != Tear::kDrop) tear = Tear::kPrefix;
    if (tear == Tear::kDrop) return bytes->resize(synced);
    if (tear == Tear::kPrefix) return bytes->resize(kept);
    if (tear == Tear::kAny) {
      bytes->resize(kept);
      const uint64_t torn = synced + random() % (bytes->size() - synced + 1);
      const uint64_t kind = absl::EndsWith(path, ".log") ? random() % 3 : 0;
      return Spoil(torn, bytes->size(), kind, random, bytes);
    }
    // The size of the file went to the medium with its last page or without it.
    if (random() % 2 == 0) bytes->resize(kept);
    const uint64_t piece = tear == Tear::kPages ? kPage : kSector;
    for (uint64_t at = synced; at < bytes->size(); at = (at / piece + 1) * piece) {
      if (random() % 2 == 0) continue;
      const uint64_t end = std::min<uint64_t>(bytes->size(), (at / piece + 1) * piece);
      Spoil(at, end, tear == Tear::kPages ? 1 : 1 + random() % 2, random, bytes);
    }
  }
  // 0: not at all, 1: with zeros, 2: with garbage.
  static void Spoil(uint64_t begin, uint64_t end, uint64_t kind, std::mt19937_64& random,
                    std::string* bytes) {
    for (uint64_t at = begin; kind > 0 && at < end; ++at) {
      (*bytes)[at] = kind == 1 ? '\0' : static_cast<char>(random());
    }
  }

  // How `path` is called after the renames behind change `i` that are not lost.
  std::string AfterRenames(std::string path, size_t i, const std::vector<bool>& lost) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    for (size_t later = i + 1; later < names_.size(); ++later) {
      const NameChange& change = names_[later];
      if (change.kind == NameChange::kRenamed && !lost[later]) {
        path = Renamed(path, change.path, change.to);
      }
    }
    return path;
  }

  // Changes of one directory, dealt out by the names that they are about: a rename is about two.
  std::vector<std::vector<size_t>> ByName(const std::vector<size_t>& changes) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    std::vector<std::pair<std::set<std::string>, std::vector<size_t>>> groups;
    for (const size_t i : changes) {
      std::set<std::string> about = {Name(names_[i].path)};
      if (names_[i].kind == NameChange::kRenamed) about.insert(Name(names_[i].to));
      std::vector<size_t> all = {i};
      std::erase_if(groups, [&](auto& group) {
        const auto in_it = [&](const std::string& name) { return group.first.contains(name); };
        if (std::none_of(about.begin(), about.end(), in_it)) return false;
        about.merge(group.first);
        all.insert(all.end(), group.second.begin(), group.second.end());
        return true;
      });
      std::sort(all.begin(), all.end());
      groups.emplace_back(std::move(about), std::move(all));
    }
    std::vector<std::vector<size_t>> dealt;
    for (auto& [about, all] : groups) dealt.push_back(std::move(all));
    return dealt;
  }

  // How `path` is called now that was called so before change `i`.
  std::string Now(std::string path, size_t i) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    for (size_t later = i + 1; later < names_.size(); ++later) {
      const NameChange& change = names_[later];
      if (change.kind == NameChange::kRenamed) path = Renamed(path, change.path, change.to);
    }
    return path;
  }

  static void TakeBack(const NameChange& change, const std::string& path,
                       const std::string& renamed) {
    // A directory that is lost has taken what was in it along.
    std::error_code gone;
    if (path.empty() || !std::filesystem::exists(Parent(path), gone)) return;
    if (change.kind == NameChange::kMade) {
      std::filesystem::remove_all(path, gone);
      return;
    }
    if (change.kind == NameChange::kRenamed) std::filesystem::rename(renamed, path, gone);
    const std::string& old = change.kind == NameChange::kRenamed ? renamed : path;
    if (change.before.has_value()) {
      std::ofstream(old, std::ios::binary) << *change.before;
    } else if (change.kind == NameChange::kDeleted) {
      std::filesystem::create_directory(old, gone);
    }
  }

  // Of each file that is appended to: the bytes that were synced, and those written.
  std::map<std::string, uint64_t> synced_ ABSL_GUARDED_BY(mutex);
  std::map<std::string, uint64_t> written_ ABSL_GUARDED_BY(mutex);
  // Of each file that is written in place: what its unsynced sectors held before.
  std::map<std::string, std::map<uint64_t, std::string>> undo_ ABSL_GUARDED_BY(mutex);
  // In order; those before the first that is not durable are forgotten.
  std::vector<NameChange> names_ ABSL_GUARDED_BY(mutex);
};

}  // namespace daybook::internal

#endif  // DAYBOOK_TESTS_CORE_POWER_CUT_MEDIUM_H_
