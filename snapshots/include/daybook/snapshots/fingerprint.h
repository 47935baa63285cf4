// What makes a snapshot valid, as a hash.
#ifndef DAYBOOK_SNAPSHOTS_FINGERPRINT_H_
#define DAYBOOK_SNAPSHOTS_FINGERPRINT_H_

#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "daybook/core/past_event.h"
#include "google/protobuf/descriptor.h"

namespace daybook {

inline constexpr size_t kFingerprintBytes = 16;

// The first 16 bytes of a SHA-256 over the descriptors of `state` and of every message and enum
// that it reaches, over `evolve_revision`, and over the upcasters of `past_events`: each one's
// type, schema version, revision, and the events that may come of it. The same in every process
// that was built from the same .proto; another message in the same file does not change it.
std::string FingerprintOf(const google::protobuf::Descriptor& state, uint32_t evolve_revision,
                          absl::Span<const PastEvent> past_events = {});

}  // namespace daybook

#endif  // DAYBOOK_SNAPSHOTS_FINGERPRINT_H_
