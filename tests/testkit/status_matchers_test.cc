#include "daybook/testkit/status_matchers.h"

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daybook/v1/errors.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace daybook {
namespace {

using ::testing::Eq;
using ::testing::ExplainMatchResult;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pointee;
using ::testing::Property;
using ::testing::StringMatchResultListener;

absl::Status Conflict() {
  absl::Status status = absl::AbortedError("not at the expected version");
  v1::VersionConflict payload;
  payload.set_stream("account-7");
  payload.set_expected("3");
  SetErrorPayload(status, payload);
  return status;
}

TEST(StatusMatchers, IsOkTakesBothKinds) {
  EXPECT_THAT(absl::OkStatus(), IsOk());
  EXPECT_THAT(absl::StatusOr<int>(3), IsOk());
  EXPECT_THAT(Conflict(), Not(IsOk()));
  EXPECT_THAT(absl::StatusOr<int>(Conflict()), Not(IsOk()));
}

TEST(StatusMatchers, IsOkAndHoldsLooksIntoTheValue) {
  EXPECT_THAT(absl::StatusOr<int>(3), IsOkAndHolds(3));
  EXPECT_THAT(absl::StatusOr<int>(3), IsOkAndHolds(Gt(2)));
  EXPECT_THAT(absl::StatusOr<int>(3), Not(IsOkAndHolds(4)));
  EXPECT_THAT(absl::StatusOr<int>(Conflict()), Not(IsOkAndHolds(3)));
  EXPECT_THAT(absl::StatusOr<std::string>("seven"), IsOkAndHolds("seven"));
  EXPECT_THAT(absl::StatusOr<std::unique_ptr<int>>(std::make_unique<int>(3)),
              IsOkAndHolds(Pointee(3)));
}

TEST(StatusMatchers, StatusIsComparesCodeAndMessage) {
  EXPECT_THAT(Conflict(), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(Conflict(), StatusIs(absl::StatusCode::kAborted, HasSubstr("expected version")));
  EXPECT_THAT(Conflict(), StatusIs(absl::StatusCode::kAborted, "not at the expected version"));
  EXPECT_THAT(Conflict(), Not(StatusIs(absl::StatusCode::kUnknown)));
  EXPECT_THAT(Conflict(), Not(StatusIs(absl::StatusCode::kAborted, "another message")));
  EXPECT_THAT(absl::StatusOr<int>(Conflict()), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(absl::OkStatus(), StatusIs(absl::StatusCode::kOk));
}

TEST(StatusMatchers, HasPayloadFindsTheTypedPayload) {
  EXPECT_THAT(Conflict(), HasPayload<v1::VersionConflict>());
  EXPECT_THAT(absl::StatusOr<int>(Conflict()),
              HasPayload<v1::VersionConflict>(Property(&v1::VersionConflict::stream, "account-7")));
  EXPECT_THAT(
      Conflict(),
      Not(HasPayload<v1::VersionConflict>(Property(&v1::VersionConflict::stream, "account-8"))));
  EXPECT_THAT(Conflict(), Not(HasPayload<v1::InvalidField>()));
  EXPECT_THAT(absl::OkStatus(), Not(HasPayload<v1::InvalidField>()));
}

TEST(StatusMatchers, ExplanationShowsTheStatus) {
  StringMatchResultListener ok, holds, is, payload;
  EXPECT_FALSE(ExplainMatchResult(IsOk(), Conflict(), &ok));
  EXPECT_FALSE(ExplainMatchResult(IsOkAndHolds(3), absl::StatusOr<int>(Conflict()), &holds));
  EXPECT_FALSE(ExplainMatchResult(StatusIs(absl::StatusCode::kUnknown), Conflict(), &is));
  EXPECT_FALSE(ExplainMatchResult(HasPayload<v1::InvalidField>(), Conflict(), &payload));
  EXPECT_THAT(ok.str(), HasSubstr("ABORTED: not at the expected version"));
  EXPECT_THAT(holds.str(), HasSubstr("ABORTED: not at the expected version"));
  EXPECT_THAT(is.str(), HasSubstr("ABORTED: not at the expected version"));
  EXPECT_THAT(payload.str(), HasSubstr("without a daybook.v1.InvalidField"));
}

}  // namespace
}  // namespace daybook
