#include "chain.h"

#include <cstring>

#include "daybook/core/errors.h"
#include "sha256.h"

namespace daybook::internal {

Hash Digest(absl::string_view bytes) {
  static const Hash kOfNothing = Sha256::Of("");
  return bytes.empty() ? kOfNothing : Sha256::Of(bytes);
}

Hash Leaf(absl::string_view header, const Hash& payload_digest, const Hash& metadata_digest) {
  return Sha256::Of({absl::string_view("\0", 1), header, DigestBytes(payload_digest),
                     DigestBytes(metadata_digest)});
}

Hash NextChain(const Hash& chain, const Hash& leaf) {
  return Sha256::Of({DigestBytes(chain), DigestBytes(leaf)});
}

absl::Status AdvanceChain(const RecordView& record, Hash* chain) {
  Hash payload_digest;
  if (record.kind() == RecordKind::kStub) {
    std::memcpy(payload_digest.data(), record.body().data(), payload_digest.size());
  } else {
    payload_digest = Digest(record.body());
  }
  *chain = NextChain(*chain, Leaf(record.header(), payload_digest, Digest(record.metadata())));
  if (DigestBytes(*chain).substr(0, record.chain().size()) != record.chain()) {
    return DamageError("chain", Position(record.sequence()),
                       "the event is not the one that was appended");
  }
  return absl::OkStatus();
}

}  // namespace daybook::internal
