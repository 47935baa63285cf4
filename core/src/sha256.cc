// The low-level functions are deprecated in OpenSSL 3, not slower or unsafe.
#define OPENSSL_API_COMPAT 0x10100000L

#include "sha256.h"

namespace daybook::internal {

Sha256::Sha256() {
  SHA256_Init(&context_);
}

Sha256& Sha256::Update(absl::string_view bytes) {
  SHA256_Update(&context_, bytes.data(), bytes.size());
  return *this;
}

Sha256Digest Sha256::Finish() {
  Sha256Digest digest;
  SHA256_Final(digest.data(), &context_);
  return digest;
}

Sha256Digest Sha256::Of(absl::string_view bytes) {
  return Sha256().Update(bytes).Finish();
}

Sha256Digest Sha256::Of(std::initializer_list<absl::string_view> parts) {
  Sha256 hash;
  for (absl::string_view part : parts) hash.Update(part);
  return hash.Finish();
}

}  // namespace daybook::internal
