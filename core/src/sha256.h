// SHA-256, over OpenSSL's low-level functions: the fetch that EVP does for each context costs more
// than hashing an event.
#ifndef DAYBOOK_CORE_SRC_SHA256_H_
#define DAYBOOK_CORE_SRC_SHA256_H_

#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <initializer_list>

#include "absl/strings/string_view.h"

namespace daybook::internal {

using Sha256Digest = std::array<uint8_t, 32>;

// The digest as bytes, for hashing and storing; valid as long as it.
inline absl::string_view DigestBytes(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// A hash in the making. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  Sha256& Update(absl::string_view bytes);
  // The digest of everything given; then only destruction and assignment are allowed.
  Sha256Digest Finish();

  // The digest of the parts, one after the other.
  static Sha256Digest Of(absl::string_view bytes);
  static Sha256Digest Of(std::initializer_list<absl::string_view> parts);

 private:
  SHA256_CTX context_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_SHA256_H_
