// What most rooms include of other projects, parsed once. A source includes what it needs all the
// same: the release build has no such header.
#ifndef DAYBOOK_CMAKE_PRECOMPILED_H_
#define DAYBOOK_CMAKE_PRECOMPILED_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "google/protobuf/generated_message_reflection.h"
#include "google/protobuf/map_entry.h"
#include "google/protobuf/message.h"

#endif  // DAYBOOK_CMAKE_PRECOMPILED_H_
