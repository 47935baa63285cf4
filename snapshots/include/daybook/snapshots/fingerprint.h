// What makes a snapshot valid, as a hash.
#ifndef DAYBOOK_SNAPSHOTS_FINGERPRINT_H_
#define DAYBOOK_SNAPSHOTS_FINGERPRINT_H_

#include <cstdint>
#include <string>

#include "google/protobuf/descriptor.h"

namespace daybook {

inline constexpr size_t kFingerprintBytes = 16;

// The first 16 bytes of a SHA-256 over the descriptors of `state` and of every message and enum
// that it reaches, and over `evolve_revision`. The same in every process that was built from the
// same .proto; another message in the same file does not change it.
std::string FingerprintOf(const google::protobuf::Descriptor& state, uint32_t evolve_revision);

}  // namespace daybook

#endif  // DAYBOOK_SNAPSHOTS_FINGERPRINT_H_
