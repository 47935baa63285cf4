// Has the parked events of one build of a view folded again.
#ifndef DAYBOOK_PROJECTIONS_SRC_PARKED_REPLAYER_H_
#define DAYBOOK_PROJECTIONS_SRC_PARKED_REPLAYER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daybook/core/event_store.h"
#include "daybook/core/position.h"
#include "daybook/core/runtime.h"
#include "daybook/projections/parked.h"
#include "daybook/projections/row_fold.h"
#include "event_dispatcher.h"
#include "parking.h"
#include "view.h"

namespace daybook::internal {

// What is due by itself, and what somebody asked for. A key is freed from its first event on, so
// that at every moment its row is the fold of what is not parked: it may be left off anywhere. Of
// the task's steps only, but for what is said of Request.
class ParkedReplayer {
 public:
  // Replays a key, or all of them, or drops one. The rest is whoever asks' once `done` is open, by
  // when all of it is stored.
  struct Request {
    std::optional<std::string> key;
    bool drop = false;

    Latch done;
    absl::Status status;
    ParkedReplay outcome;
    uint64_t dropped = 0;

    // Of the replayer.
    std::vector<std::string> keys;
    size_t next = 0;
    Position drop_until;
    std::optional<uint64_t> flush;  // all is folded, and this flush stores it
  };
  using FoldOf = absl::FunctionRef<RowFold&(size_t part)>;

  // Both must outlive this.
  ParkedReplayer(const Generation* generation, Parking* parking);
  // Whoever waits hears Unavailable.
  ~ParkedReplayer();

  // `folded`: what is dropped ends here; later events of the key are folded. NotFound: the key is
  // not parked.
  absl::Status Ask(std::shared_ptr<Request> request, Position folded);
  // A bounded part of what is to be done. True: more at once. An error is none of a handler: the
  // view cannot go on.
  absl::StatusOr<bool> Step(const StoreReader& reader, absl::Time now, FoldOf fold_of);
  // After a step: `changed`: something is to be stored. Answers whom it can.
  void Settle(bool changed, bool in_flight);
  // Somebody waits for the next flush.
  bool wants_flush() const;
  void Flushing() { ++flushes_; }
  void Flushed(bool stored);
  // What was not stored is forgotten: all of it again.
  void BeginAgain();
  // Whoever waits hears `status`.
  void Fail(const absl::Status& status);

 private:
  // One step's means.
  struct Pass {
    const StoreReader& reader;
    absl::Time now;
    FoldOf fold_of;
    size_t budget;  // events
  };
  enum class Came {
    kFree,   // the key is held no more
    kStuck,  // its first event failed again
    kMore,   // the pass has come to its end
  };

  absl::StatusOr<Came> Replay(const std::string& key, Request* request, Pass& pass);
  // The event at the front of the key. `refusal`: what it came to.
  absl::Status FoldOne(const std::string& key, Position position, Pass& pass,
                       absl::Status* refusal);
  // False: it was the last attempt, and the event is skipped.
  bool StayParked(const std::string& key, Position position, const absl::Status& refusal,
                  const Request* request, absl::Time now);
  absl::StatusOr<bool> StepRequest(Request& request, Pass& pass);

  const Generation& generation_;
  Parking& parking_;
  EventDispatcher dispatcher_;
  std::string key_;  // that is replayed
  RowByRow rows_;
  std::deque<std::shared_ptr<Request>> requests_;
  uint64_t flushes_ = 0;  // the number of the last one
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_PARKED_REPLAYER_H_
