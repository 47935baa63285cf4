#include "file_digest.h"

namespace daybook::internal {

FileDigest::FileDigest()
    : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free),
      sound_(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1) {
}

void FileDigest::Update(absl::string_view piece) {
  sound_ = sound_ && EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) == 1;
}

std::string FileDigest::Finish() {
  std::string digest(kDigestBytes, '\0');
  auto* const bytes = reinterpret_cast<unsigned char*>(digest.data());
  sound_ = sound_ && EVP_DigestFinal_ex(context_.get(), bytes, nullptr) == 1;
  return sound_ ? digest : "";
}

std::string DigestOf(absl::string_view bytes) {
  FileDigest digest;
  digest.Update(bytes);
  return digest.Finish();
}

}  // namespace daybook::internal
