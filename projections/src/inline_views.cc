#include "inline_views.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {
namespace {

constexpr size_t kTailBytes = size_t{16} << 20;

}  // namespace

InlineViews::InlineViews(std::vector<Generation*> generations, ViewTables tables,
                         size_t tail_events)
    : generations_(std::move(generations)), tables_(tables), tail_(tail_events, kTailBytes) {
  for (Generation* generation : generations_) {
    members_.push_back({.generation = generation,
                        .checkpoint_key = CheckpointKey(generation->name(), generation->number),
                        .fold = generation->definition->MakeFold()});
    dispatcher_.Add(*generation->definition);
  }
}

absl::Status InlineViews::OnCommit(absl::Span<const RecordedEvent> events,
                                   TableTransaction& tables) {
  if (events.empty()) {
    return keep_tail_.load(std::memory_order_acquire) ? TakeOverAtTip(tables) : absl::OkStatus();
  }
  tail_.StartAt(events.front().position.sequence());
  absl::Status status = Fold(events, tables);
  for (Member& member : members_) member.fold->Clear();
  if (!keep_tail_.load(std::memory_order_acquire)) {
    tail_.Clear();
  } else if (status.ok()) {
    tail_.Add(events);
  }
  return status;
}

absl::Status InlineViews::Fold(absl::Span<const RecordedEvent> events, TableTransaction& tables) {
  for (size_t i = 0; i < members_.size(); ++i) {
    const uint64_t first = events.front().position.sequence();
    DAYBOOK_RETURN_IF_ERROR(Admit(members_[i], first, tables));
    // An event of the past that the view cannot take is no reason to refuse this commit: the task
    // will meet the same event, stop there and say so.
    if (members_[i].taking_part && members_[i].checkpoint + 1 < first &&
        !FoldTail(i, tables).ok()) {
      members_[i].taking_part = false;
    }
  }
  for (const RecordedEvent& event : events) DAYBOOK_RETURN_IF_ERROR(FoldEvent(event, tables));
  for (Member& member : members_) {
    if (member.taking_part) {
      DAYBOOK_RETURN_IF_ERROR(Write(member, events.back().position, tables));
    }
  }
  return absl::OkStatus();
}

// A commit without events does not say where it stands, but a view in the commits does.
absl::Status InlineViews::TakeOverAtTip(TableTransaction& tables) {
  std::optional<uint64_t> tip;
  for (Member& member : members_) {
    DAYBOOK_RETURN_IF_ERROR(ReadCheckpoint(member, tables));
    if (member.known && !member.taken_over) tip = member.checkpoint;
  }
  for (const Member& member : members_) {
    if (!tip.has_value() || !member.known || !member.taken_over || member.checkpoint != *tip) {
      continue;
    }
    const Generation& generation = *member.generation;
    const Position position(*tip);
    tables.Put(tables_.checkpoints, member.checkpoint_key,
               generation.Checkpoint(position, /*in_commits=*/true));
    tables.Put(tables_.transitions, TransitionKey(generation.name(), generation.number, position),
               "");
  }
  return absl::OkStatus();
}

absl::Status InlineViews::ReadCheckpoint(Member& member, TableTransaction& tables) {
  member.known = false;
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                           tables.Get(tables_.checkpoints, member.checkpoint_key));
  if (!row.has_value()) return absl::OkStatus();
  DAYBOOK_ASSIGN_OR_RETURN(const v1::ViewCheckpoint checkpoint,
                           ParseCheckpoint(member.generation->name(), *row));
  member.known = true;
  member.checkpoint = checkpoint.position();
  member.taken_over = !checkpoint.in_commits();
  return absl::OkStatus();
}

absl::Status InlineViews::Admit(Member& member, uint64_t first, TableTransaction& tables) {
  DAYBOOK_RETURN_IF_ERROR(ReadCheckpoint(member, tables));
  member.taking_part = member.known && (member.checkpoint + 1 == first ||
                                        (member.taken_over && tail_.Covers(member.checkpoint)));
  return absl::OkStatus();
}

absl::Status InlineViews::FoldTail(size_t index, TableTransaction& tables) {
  Member& member = members_[index];
  for (const EventTail::Kept& kept : tail_) {
    const RecordedEvent& event = kept.event();
    if (event.position.sequence() <= member.checkpoint) continue;
    Reading* const reading = dispatcher_.Find(event);
    if (reading == nullptr) continue;
    for (const Reading::Target& target : reading->targets()) {
      if (target.reader != index || !member.generation->definition->ReadsCategoryOf(event.stream)) {
        continue;
      }
      DAYBOOK_RETURN_IF_ERROR(reading->Decode(event));
      DAYBOOK_RETURN_IF_ERROR(Apply(member, target.handlings, event, tables));
    }
  }
  return absl::OkStatus();
}

absl::Status InlineViews::FoldEvent(const RecordedEvent& event, TableTransaction& tables) {
  Reading* const reading = dispatcher_.Find(event);
  if (reading == nullptr) return absl::OkStatus();
  bool decoded = false;
  for (const Reading::Target& target : reading->targets()) {
    Member& member = members_[target.reader];
    if (!member.taking_part || !member.generation->definition->ReadsCategoryOf(event.stream))
      continue;
    absl::Status status;
    if (!decoded) {
      status = reading->Decode(event);
      decoded = true;
    }
    if (status.ok()) status = Apply(member, target.handlings, event, tables);
    if (!status.ok()) return AtEvent(member.generation->name(), "refuses", event, status);
  }
  return absl::OkStatus();
}

absl::Status InlineViews::Apply(Member& member, absl::Span<const Handling> handlings,
                                const RecordedEvent& event, TableTransaction& tables) {
  return member.fold->Apply(handlings, event, [&](absl::string_view key) {
    return tables.Get(member.generation->rows, key);
  });
}

absl::Status InlineViews::Write(Member& member, Position last, TableTransaction& tables) {
  Generation& view = *member.generation;
  uint64_t written = 0;
  const absl::Status status = member.fold->Flush(
      [&](absl::string_view key, std::optional<std::string> value) {
        if (value.has_value()) {
          tables.Put(view.rows, key, *value);
        } else {
          tables.Delete(view.rows, key);
        }
        ++written;
      },
      [&](const std::string& entry, bool put) {
        if (put) {
          tables.Put(*view.index, entry, "");
        } else {
          tables.Delete(*view.index, entry);
        }
      });
  if (!status.ok()) {
    return absl::Status(status.code(),
                        absl::StrCat("view ", view.name(), " refuses: ", status.message()));
  }
  tables.Put(tables_.checkpoints, member.checkpoint_key,
             view.Checkpoint(last, /*in_commits=*/true));
  if (member.taken_over) {
    tables.Put(tables_.transitions,
               TransitionKey(view.name(), view.number, Position(member.checkpoint)), "");
  }
  view.rows_written.fetch_add(written, std::memory_order_relaxed);
  return absl::OkStatus();
}

}  // namespace daybook::internal
