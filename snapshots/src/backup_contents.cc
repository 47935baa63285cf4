// contents := "daybookB" sha256[32] StoredBackup           the SHA-256 is that of the StoredBackup
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "backup_directory.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/uuid.h"
#include "file_digest.h"

namespace daybook::internal {
namespace {

constexpr int kChainBytes = 32;

// A name that leads nowhere but to a file beside the others.
bool IsFileName(absl::string_view name) {
  return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '.';
  });
}

bool IsWellFormed(const v1::StoredBackup& backup) {
  return backup.number() > 0 && backup.store_id().size() == Uuid::kBytes &&
         backup.chain().size() == kChainBytes && backup.files_size() > 0 &&
         std::all_of(backup.files().begin(), backup.files().end(), [](const auto& file) {
           return IsFileName(file.name()) && file.sha256().size() == kDigestBytes &&
                  (file.table().empty() || IsFileName(file.table()));
         });
}

}  // namespace

std::string EncodeContents(const v1::StoredBackup& backup) {
  const std::string message = EncodeMessage(backup);
  return absl::StrCat(kContentsMagic, DigestOf(message), message);
}

absl::StatusOr<v1::StoredBackup> DecodeContents(const std::string& path, absl::string_view bytes) {
  if (!absl::ConsumePrefix(&bytes, kContentsMagic) || bytes.size() < kDigestBytes) {
    return DamageError(path, Position(), "it does not begin as the contents of a backup do");
  }
  const absl::string_view message = bytes.substr(kDigestBytes);
  v1::StoredBackup backup;
  if (bytes.substr(0, kDigestBytes) != DigestOf(message) ||
      !backup.ParseFromArray(message.data(), static_cast<int>(message.size())) ||
      !IsWellFormed(backup)) {
    return DamageError(path, Position(), "its bytes are not those that were written");
  }
  return backup;
}

}  // namespace daybook::internal
