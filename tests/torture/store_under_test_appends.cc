// Appends, and what is answered to them.
#include <atomic>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "differences.h"
#include "store_under_test.h"

namespace daybook {

Commit StoreUnderTest::Translated(const Commit& commit) const {
  Commit translated = commit;
  for (Claim& claim : translated.claims) claim.table = NumberOf(claim.table);
  for (TableWrite& write : translated.writes) write.table = NumberOf(write.table);
  return translated;
}

TableId StoreUnderTest::NumberOf(TableId table) const {
  const auto it = tables_.find(table);
  return it == tables_.end() ? 0 : it->second;
}

std::string StoreUnderTest::Do(const operation::Append& o) {
  const std::shared_ptr<CommitChain> chain = o.chained ? std::make_shared<CommitChain>() : nullptr;
  for (const Commit& commit : o.commits) {
    // It breaks the chain when it is handed over: whether those before it are refused too is a
    // matter of time.
    if (o.chained && !model_->CheckArguments(commit).ok()) return "";
  }
  std::vector<absl::StatusOr<AppendResult>> found(o.commits.size(),
                                                  absl::InternalError("no outcome"));
  if (o.commits.size() == 1) {
    Commit commit = Translated(o.commits[0]);
    commit.chain = chain;
    found[0] = store_->Append(std::move(commit));
  } else if (!o.commits.empty()) {
    std::atomic<size_t> left{o.commits.size()};
    Latch done;
    for (size_t i = 0; i < o.commits.size(); ++i) {
      Commit commit = Translated(o.commits[i]);
      commit.chain = chain;
      store_->AppendAsync(std::move(commit), [&, i](absl::StatusOr<AppendResult> result) {
        found[i] = std::move(result);
        if (--left == 0) done.Open();
      });
    }
    store_->runtime().Await(done);
  }
  bool broken = false;
  for (size_t i = 0; i < o.commits.size(); ++i) {
    const absl::StatusOr<AppendResult> expected =
        broken ? absl::AbortedError("") : model_->Append(o.commits[i], Now());
    broken |= o.chained && !expected.ok();
    CountOutcome(found[i]);
    const std::string wrong = CompareAppend(o.commits[i], found[i], expected);
    if (!wrong.empty()) return absl::StrCat("commit ", i + 1, ": ", wrong);
  }
  return Differ("tip", store_->Tip().sequence(), model_->tip());
}

void StoreUnderTest::CountOutcome(const absl::StatusOr<AppendResult>& found) {
  const absl::Status& status = found.status();
  const auto field = ErrorPayload<v1::InvalidField>(status);
  if (found.ok()) {
    ++outcomes_[found->duplicate ? "appended before" : "appended"];
    if (found->streams.size() > 1) ++outcomes_["several streams"];
    if (found->streams.empty()) ++outcomes_["rows alone"];
  } else if (field.has_value()) {
    ++outcomes_[absl::StrCat("invalid ", field->field())];
  } else if (ErrorPayload<v1::VersionConflict>(status).has_value()) {
    ++outcomes_["version conflict"];
  } else if (ErrorPayload<v1::ConditionFailed>(status).has_value()) {
    ++outcomes_["condition failed"];
  } else if (ErrorPayload<v1::ClaimConflict>(status).has_value()) {
    ++outcomes_["claim conflict"];
  } else if (ErrorPayload<v1::StreamTombstoned>(status).has_value()) {
    ++outcomes_["stream has a tombstone"];
  } else if (absl::IsAborted(status)) {
    ++outcomes_["broken chain"];
  }
}

std::string StoreUnderTest::CompareAppend(const Commit& commit,
                                          const absl::StatusOr<AppendResult>& found,
                                          const absl::StatusOr<AppendResult>& expected) const {
  if (!found.ok() || !expected.ok()) {
    return First({CompareStatus(found.status(), expected.status()),
                  CompareAborted(commit, found.status(), expected.status())});
  }
  return First({Differ("duplicate", found->duplicate, expected->duplicate),
                Differ("first", found->first.ToString(), expected->first.ToString()),
                Differ("last", found->last.ToString(), expected->last.ToString()),
                Differ("streams", Ranges(found->streams), Ranges(expected->streams)),
                Differ("recorded time", absl::ToUnixMicros(found->recorded_time),
                       absl::ToUnixMicros(expected->recorded_time))});
}

std::string StoreUnderTest::CompareAborted(const Commit& commit, const absl::Status& found,
                                           const absl::Status& expected) const {
  const auto version = ErrorPayload<v1::VersionConflict>(found);
  const auto condition = ErrorPayload<v1::ConditionFailed>(found);
  const auto claim = ErrorPayload<v1::ClaimConflict>(found);
  const auto expected_version = ErrorPayload<v1::VersionConflict>(expected);
  const auto expected_condition = ErrorPayload<v1::ConditionFailed>(expected);
  const auto expected_claim = ErrorPayload<v1::ClaimConflict>(expected);
  if (version.has_value() != expected_version.has_value() ||
      condition.has_value() != expected_condition.has_value() ||
      claim.has_value() != expected_claim.has_value()) {
    return absl::StrCat("the store says ", found.ToString(), ", should be ", expected.ToString());
  }
  if (version.has_value()) {
    return Differ("conflict", version->ShortDebugString(), expected_version->ShortDebugString());
  }
  if (claim.has_value()) {
    return First({Differ("claimed key", claim->key(), expected_claim->key()),
                  Differ("existing value", claim->existing(), expected_claim->existing())});
  }
  if (!condition.has_value()) return "";
  if (condition->condition() != expected_condition->condition()) {
    return Differ("condition", condition->condition(), expected_condition->condition());
  }
  // Any match will do.
  const AppendCondition& failed = commit.conditions[condition->condition()];
  const uint64_t match = condition->position();
  if (match <= failed.after.sequence() || match > model_->tip() ||
      !model_->Matches(model_->At(match), failed.none_match)) {
    return absl::StrCat("the event at ", match, " does not match what was excluded");
  }
  return "";
}

}  // namespace daybook
