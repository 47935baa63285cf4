#include "daybook/testkit/projection_scenario.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/codec.h"
#include "daybook/core/status_macros.h"
#include "daybook/testkit/deterministic_ids.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "text_diff.h"

namespace daybook::internal {
namespace {

using ::google::protobuf::Message;

// Writes what changed to `rows`. Afterwards `fold` still has every row in memory.
absl::Status FlushTo(RowFold& fold, Rows& rows) {
  absl::Status status =
      fold.FlushRows([&rows](absl::string_view key, std::optional<std::string> value) {
        if (value.has_value()) {
          rows[std::string(key)] = *std::move(value);
        } else {
          rows.erase(std::string(key));
        }
      });
  fold.FlushDone(status.ok());
  return status;
}

}  // namespace

void ProjectionScenario::AddEvent(std::shared_ptr<const Message> message, absl::string_view type,
                                  uint32_t schema_version, std::vector<std::string> tags) {
  if (!definition_->ReadsCategoryOf(stream_)) {
    Break(stream_.empty()
              ? absl::StrCat("the events do not begin with InStream")
              : absl::StrCat("the projection does not read the category of stream ", stream_));
  }
  const auto stream = streams_.try_emplace(stream_, streams_.size() + 1, 0).first;
  Metadata metadata = metadata_;
  metadata.tags.insert(metadata.tags.end(), tags.begin(), tags.end());
  events_.push_back({.stream = stream_,
                     .version = stream->second.second++,
                     .stream_id = stream->second.first,
                     .type = std::string(type),
                     .schema_version = schema_version,
                     .recorded_time = recorded_time_,
                     .payload = EncodeMessage(*message),
                     .metadata = EncodeMetadata(metadata),
                     .message = std::move(message)});
}

RecordedEvent ProjectionScenario::Recorded(size_t i) const {
  const Stored& stored = events_[i];
  RecordedEvent event;
  event.position = Position(i + 1);
  event.stream = stored.stream;
  event.version = stored.version;
  event.id = DeterministicIds().At(i);
  event.type = stored.type;
  event.schema_version = stored.schema_version;
  event.recorded_time = stored.recorded_time;
  event.payload = stored.payload;
  event.metadata = MetadataView(stored.metadata);
  event.stream_id = stored.stream_id;
  return event;
}

absl::Status ProjectionScenario::Apply(RowFold& fold, size_t i, const Rows& stored) const {
  const RecordedEvent event = Recorded(i);
  DAYBOOK_ASSIGN_OR_RETURN(const std::vector<TodaysEvent> todays, Todays(event));
  std::vector<Handling> handlings;
  for (const TodaysEvent& today : todays) {
    for (size_t handler = 0; handler < definition_->handled().size(); ++handler) {
      if (definition_->handled()[handler].type != today.type) continue;
      handlings.push_back({handler, today.message.get()});
    }
  }
  return fold.Apply(handlings, event,
                    [&stored](absl::string_view key) -> absl::StatusOr<std::optional<std::string>> {
                      const auto row = stored.find(std::string(key));
                      if (row == stored.end()) return std::nullopt;
                      return row->second;
                    });
}

absl::StatusOr<std::vector<TodaysEvent>> ProjectionScenario::Todays(
    const RecordedEvent& event) const {
  std::vector<TodaysEvent> todays;
  for (const PastEvent& past : definition_->past()) {
    if (past.type == event.type && past.schema_version == event.schema_version) {
      return past.read(event);
    }
  }
  for (const HandledEvent& handled : definition_->handled()) {
    if (handled.type != event.type || handled.schema_version != event.schema_version) continue;
    todays.push_back({handled.type, handled.schema_version,
                      std::unique_ptr<google::protobuf::MessageLite>(handled.prototype->New())});
    DAYBOOK_RETURN_IF_ERROR(
        DecodeEvent(event, handled.schema_version, todays.back().message.get()));
  }
  return todays;  // else ignored
}

void ProjectionScenario::Fold() {
  if (!broken_.empty()) return;
  for (size_t i = 0; i < events_.size(); ++i) {
    std::unique_ptr<Message> parsed(events_[i].message->New());
    if (parsed->ParseFromString(events_[i].payload) &&
        EncodeMessage(*parsed) == events_[i].payload) {
      continue;
    }
    return Break(absl::StrCat("event ", i, " does not survive a round trip through its bytes: ",
                              MessageLine(*events_[i].message)));
  }

  // Side by side: rows that stay in memory, and rows that are read from bytes for every event.
  const std::unique_ptr<RowFold> in_memory = definition_->MakeFold();
  const std::unique_ptr<RowFold> from_bytes = definition_->MakeFold();
  Rows stored;
  size_t taken = 0;
  for (; taken < events_.size(); ++taken) {
    absl::Status in_memory_status = Apply(*in_memory, taken, rows_);

    // Other rows in between, so that what On keeps outside of its row shows.
    (void)Apply(*definition_->MakeFold(), 0, {});
    absl::Status from_bytes_status = Apply(*from_bytes, taken, stored);
    if (in_memory_status != from_bytes_status) {
      return Break(absl::StrCat("On is not deterministic at event ", taken,
                                ": with the row kept in ", "memory it returns ",
                                in_memory_status.ToString(), ", with the row read from its bytes ",
                                from_bytes_status.ToString()));
    }
    if (!in_memory_status.ok()) {
      failed_ = std::move(in_memory_status);
      break;
    }
    if (absl::Status s = FlushTo(*in_memory, rows_); !s.ok()) return Break(s.ToString());
    if (absl::Status s = FlushTo(*from_bytes, stored); !s.ok()) return Break(s.ToString());
    from_bytes->Clear();
    if (rows_ != stored) {
      return Break(absl::StrCat("event ", taken,
                                " gives other rows when the row before it was read from its bytes: "
                                "On depends on something that is not in its arguments\n",
                                Difference(rows_, stored)));
    }
  }
  if (!failed_.ok() && taken + 1 < events_.size()) {
    return Break(
        absl::StrCat("On failed at event ", taken, ", and events follow it: ", failed_.ToString()));
  }

  const std::unique_ptr<RowFold> anew = definition_->MakeFold();
  Rows rows;
  for (size_t i = 0; i < taken; ++i) {
    if (absl::Status s = Apply(*anew, i, {}); !s.ok()) {
      return Break(absl::StrCat("On took event ", i, " once and not again: ", s.ToString()));
    }
  }
  if (absl::Status s = FlushTo(*anew, rows); !s.ok()) return Break(s.ToString());
  if (rows != rows_) {
    Break(
        absl::StrCat("folding all events anew gives other rows: On depends on something that is "
                     "not in its arguments\n",
                     Difference(rows_, rows)));
  }
}

const std::string* ProjectionScenario::ThenRow(absl::string_view key, CallSite at) const {
  if (!Holds(at)) return nullptr;
  const auto row = rows_.find(std::string(key));
  if (row != rows_.end()) return &row->second;
  std::string keys;
  for (const auto& [present, value] : rows_) {
    absl::StrAppend(&keys, keys.empty() ? "" : ", ", "\"", absl::CHexEscape(present), "\"");
  }
  Fail(absl::StrCat("there is no row \"", absl::CHexEscape(key), "\"; there are ",
                    keys.empty() ? "none" : keys),
       at);
  return nullptr;
}

void ProjectionScenario::ThenNoRow(absl::string_view key, CallSite at) const {
  if (!Holds(at)) return;
  const auto row = rows_.find(std::string(key));
  if (row == rows_.end()) return;
  Fail(absl::StrCat("there is a row \"", absl::CHexEscape(key), "\"\n",
                    Difference({}, {{row->first, row->second}})),
       at);
}

absl::Status ProjectionScenario::ThenFails(CallSite at) const {
  if (!broken_.empty()) {
    Fail(broken_, at);
  } else if (failed_.ok()) {
    Fail("On took every event, where it was expected to fail at the last one", at);
  }
  return failed_;
}

void ProjectionScenario::Break(absl::string_view why) {
  if (broken_.empty()) broken_ = std::string(why);
}

bool ProjectionScenario::Holds(CallSite at) const {
  if (!broken_.empty()) {
    Fail(broken_, at);
  } else if (!failed_.ok()) {
    Fail(absl::StrCat("On failed at the last event: ", failed_.ToString()), at);
  } else {
    return true;
  }
  return false;
}

std::string ProjectionScenario::Difference(const Rows& expected, const Rows& actual) const {
  const auto text = [this](const Rows& rows) {
    std::string lines;
    for (const auto& [key, value] : rows) {
      std::unique_ptr<Message> row(default_row_->New());
      const bool parsed = row->ParseFromString(value);
      absl::StrAppend(&lines, "\"", absl::CHexEscape(key),
                      "\": ", parsed ? MessageText(*row) : "not a row\n");
    }
    return lines;
  };
  return absl::StrCat("  (- expected, + actual)\n", DiffLines(text(expected), text(actual)));
}

std::string ProjectionScenario::Story() const {
  std::string story = events_.empty() ? "Given no events" : "Given";
  for (const Stored& event : events_) {
    absl::StrAppend(&story, "\n    ", event.stream, "@", event.version, " ",
                    MessageLine(*event.message));
  }
  return story;
}

void ProjectionScenario::Fail(absl::string_view what, CallSite at) const {
  ADD_FAILURE_AT(at.file, at.line) << definition_->name() << ": " << what << "\n" << Story();
}

}  // namespace daybook::internal
