// What most tests include of other projects. A test includes what it needs all the same.
#ifndef DAYBOOK_TESTS_PRECOMPILED_H_
#define DAYBOOK_TESTS_PRECOMPILED_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/generated_message_reflection.h"
#include "google/protobuf/map_entry.h"
#include "google/protobuf/message.h"

#endif  // DAYBOOK_TESTS_PRECOMPILED_H_
