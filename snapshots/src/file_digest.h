// SHA-256 of bytes that come piece by piece.
#ifndef DAYBOOK_SNAPSHOTS_SRC_FILE_DIGEST_H_
#define DAYBOOK_SNAPSHOTS_SRC_FILE_DIGEST_H_

#include <openssl/evp.h>

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace daybook::internal {

inline constexpr size_t kDigestBytes = 32;

// Not thread-safe.
class FileDigest {
 public:
  FileDigest();
  void Update(absl::string_view piece);
  // kDigestBytes bytes; none when the hash could not be computed, so that it equals no stored one.
  // Once.
  std::string Finish();

 private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
  bool sound_;
};

std::string DigestOf(absl::string_view bytes);

}  // namespace daybook::internal

#endif  // DAYBOOK_SNAPSHOTS_SRC_FILE_DIGEST_H_
