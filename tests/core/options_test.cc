// The bounds of a store's options, which each opening checks.
#include "daybook/core/open.h"
#include "daybook/testkit/status_matchers.h"
#include "engine.h"
#include "gmock/gmock.h"

namespace daybook {
namespace {

struct Bounds {
  const char* field;
  size_t StoreOptions::*member;
  size_t least;
  size_t most;
};

TEST(OptionsTest, AreTakenUpToTheirBoundsAndNotBeyond) {
  constexpr size_t kMiB = size_t{1} << 20;
  const Bounds all[] = {
      {"queue_bytes", &StoreOptions::queue_bytes, kMiB, 4096 * kMiB},
      {"witness_bytes", &StoreOptions::witness_bytes, kMiB, 1024 * kMiB},
      {"block_cache_bytes", &StoreOptions::block_cache_bytes, kMiB, size_t{1} << 40},
      {"stream_cache_entries", &StoreOptions::stream_cache_entries, 1, size_t{1} << 30},
  };
  for (const Bounds& bounds : all) {
    SCOPED_TRACE(bounds.field);
    StoreOptions options;
    for (const size_t taken : {bounds.least, bounds.most}) {
      options.*bounds.member = taken;
      EXPECT_THAT(internal::CheckOptions(options), IsOk()) << taken;
    }
    for (const size_t refused : {bounds.least - 1, bounds.most + 1}) {
      options.*bounds.member = refused;
      EXPECT_THAT(internal::CheckOptions(options),
                  StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr(bounds.field)))
          << refused;
    }
  }
}

}  // namespace
}  // namespace daybook
