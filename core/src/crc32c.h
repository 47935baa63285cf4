// CRC-32C: the Castagnoli polynomial 0x1EDC6F41, as RFC 3720 (iSCSI) defines it.
#ifndef DAYBOOK_CORE_SRC_CRC32C_H_
#define DAYBOOK_CORE_SRC_CRC32C_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace daybook::internal {

// The CRC of what `crc` is the CRC of, followed by `bytes`.
uint32_t ExtendCrc32c(uint32_t crc, absl::string_view bytes);

inline uint32_t Crc32c(absl::string_view bytes) {
  return ExtendCrc32c(0, bytes);
}

// The same without the processor's instruction for it, for machines that have none.
uint32_t ExtendCrc32cPortable(uint32_t crc, absl::string_view bytes);

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_CRC32C_H_
