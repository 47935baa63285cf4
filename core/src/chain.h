// The hash chain over the log (G7):
//   leaf     = SHA-256(0x00 ‖ header ‖ SHA-256(payload) ‖ SHA-256(metadata))
//   chain[n] = SHA-256(chain[n-1] ‖ leaf[n]),  chain[0] = 32 zero bytes
// A removed payload leaves its digest, so its leaf, and with it the proof, stays.
#ifndef DAYBOOK_CORE_SRC_CHAIN_H_
#define DAYBOOK_CORE_SRC_CHAIN_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "format.h"
#include "record.h"

namespace daybook::internal {

Hash Digest(absl::string_view bytes);
Hash Leaf(absl::string_view header, const Hash& payload_digest, const Hash& metadata_digest);
Hash NextChain(const Hash& chain, const Hash& leaf);

// Moves `*chain` over `record` and compares it with what the record holds. DataLoss (Damage
// "chain", at the record's position) when they differ.
absl::Status AdvanceChain(const RecordView& record, Hash* chain);

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_CHAIN_H_
