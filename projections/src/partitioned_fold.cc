#include "partitioned_fold.h"

#include "daybook/core/status_macros.h"

namespace daybook::internal {

PartitionedFold::PartitionedFold(const ProjectionDefinition& definition, size_t parts)
    : deal_(parts) {
  for (size_t i = 0; i < parts; ++i) {
    parts_.push_back(definition.MakeFold());
    parts_.back()->Restrict([this, i](absl::string_view key) { return deal_.Takes(i, key); });
  }
}

void PartitionedFold::AddUp() {
  dirty_rows_ = dirty_bytes_ = cached_bytes_ = entry_bytes_ = 0;
  for (const std::unique_ptr<RowFold>& part : parts_) {
    dirty_rows_ += part->dirty_rows();
    dirty_bytes_ += part->dirty_bytes();
    cached_bytes_ += part->cached_bytes();
    entry_bytes_ += part->entry_bytes();
  }
}

absl::Status PartitionedFold::ApplyByRow(absl::Span<const Handling> handlings,
                                         const RecordedEvent& event, LoadRow load, RowByRow* rows) {
  for (const std::unique_ptr<RowFold>& part : parts_) {
    DAYBOOK_RETURN_IF_ERROR(part->ApplyByRow(handlings, event, load, rows));
  }
  AddUp();
  return absl::OkStatus();
}

bool PartitionedFold::Wants(absl::Span<const size_t> handlers, const RecordedEvent& event) const {
  for (const std::unique_ptr<RowFold>& part : parts_) {
    if (part->Wants(handlers, event)) return true;
  }
  return false;
}

absl::Status PartitionedFold::Flush(WriteRow write, WriteEntry write_entry) {
  for (const std::unique_ptr<RowFold>& part : parts_) {
    DAYBOOK_RETURN_IF_ERROR(part->Flush(write, write_entry));
  }
  AddUp();
  return absl::OkStatus();
}

void PartitionedFold::FlushDone(bool stored) {
  for (const std::unique_ptr<RowFold>& part : parts_) part->FlushDone(stored);
  AddUp();
}

void PartitionedFold::Evict() {
  for (const std::unique_ptr<RowFold>& part : parts_) part->Evict();
  AddUp();
}

void PartitionedFold::Clear() {
  for (const std::unique_ptr<RowFold>& part : parts_) part->Clear();
  AddUp();
}

void PartitionedFold::Measure() {
  for (const std::unique_ptr<RowFold>& part : parts_) part->Measure();
  AddUp();
}

}  // namespace daybook::internal
