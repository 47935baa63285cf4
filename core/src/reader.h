// Reads at one published tip.
#ifndef DAYBOOK_CORE_SRC_READER_H_
#define DAYBOOK_CORE_SRC_READER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "daybook/core/event_store.h"
#include "kv.h"
#include "names.h"
#include "publication.h"
#include "record.h"
#include "stream_heads.h"
#include "stream_lifecycles.h"

namespace daybook::internal {

class Reader : public StoreReader {
 public:
  Reader(std::shared_ptr<const Kv> kv, std::shared_ptr<Names> names,
         std::shared_ptr<StreamHeads> heads, std::shared_ptr<const StreamLifecycles> lifecycles,
         std::shared_ptr<const Published> published, absl::Time now)
      : kv_(std::move(kv)),
        names_(std::move(names)),
        heads_(std::move(heads)),
        lifecycles_(std::move(lifecycles)),
        published_(std::move(published)),
        now_(now) {}

  Position tip() const override { return Position(published_->mark.tip); }
  absl::StatusOr<EventBatch> ReadStream(absl::string_view stream,
                                        const ReadStreamOptions& options) const override;
  absl::StatusOr<std::optional<uint64_t>> StreamVersion(absl::string_view stream) const override;
  absl::StatusOr<StreamStart> FindStart(absl::string_view stream) const override;
  // nullopt: it has no events here. What it finds, StreamHeads know from then on.
  absl::StatusOr<std::optional<StreamHead>> FindHead(absl::string_view stream) const;
  absl::Status ListStreams(absl::string_view category, absl::string_view after,
                           absl::FunctionRef<bool(absl::string_view stream, uint64_t last_version)>
                               visit) const override;
  absl::StatusOr<std::optional<Position>> FindEvent(const EventId& id) const override;
  absl::StatusOr<EventBatch> ReadLog(const ReadLogOptions& options) const override;
  absl::StatusOr<std::optional<std::string>> GetRow(TableId table,
                                                    absl::string_view key) const override;
  absl::Status ScanRows(
      TableId table, const ScanOptions& options,
      absl::FunctionRef<bool(absl::string_view key, absl::string_view value)> visit) const override;

 private:
  const KvSnapshot* snapshot() const { return published_->snapshot.get(); }
  absl::StatusOr<std::optional<StreamId>> FindStream(absl::string_view stream) const;
  // Of the stream index, from version `first` on.
  std::unique_ptr<KvIterator> EntriesOf(StreamId id, uint64_t first) const;
  // Where a stream that is there starts; with `gone_too`, where what no scavenge removed does.
  // NotFound when it is not there.
  struct Found {
    StreamId id;
    StreamStart start;
  };
  absl::StatusOr<Found> Find(absl::string_view stream, bool gone_too) const;

  const std::shared_ptr<const Kv> kv_;
  const std::shared_ptr<Names> names_;
  const std::shared_ptr<StreamHeads> heads_;
  const std::shared_ptr<const StreamLifecycles> lifecycles_;
  const std::shared_ptr<const Published> published_;
  const absl::Time now_;  // by which events are old
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_READER_H_
