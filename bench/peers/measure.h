// One measurement of one peer.
#ifndef DAYBOOK_BENCH_PEERS_MEASURE_H_
#define DAYBOOK_BENCH_PEERS_MEASURE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "peer.h"

namespace daybook::peers {

struct Figures {
  double events_per_second = 0;
  // Of one append; 0 where events were read.
  double p50_us = 0;
  double p99_us = 0;
};

// The value below which the share `quantile` of `values` lies; there is at least one.
double Quantile(std::vector<double> values, double quantile);

// A peer and what was appended to it.
class Measured {
 public:
  explicit Measured(std::unique_ptr<Peer> peer) : peer_(std::move(peer)) {}

  const Peer& peer() const { return *peer_; }
  uint64_t acknowledged() const { return acknowledged_; }

  // That an append which expects too little is refused, and changes nothing.
  absl::Status RefusesOldVersion();
  // Appends the first `streams` * `events` events, which the reads are of.
  absl::Status Load(uint64_t streams, uint64_t events);

  // `clients` at once, for some seconds: each appends one event after the other to a new stream.
  absl::StatusOr<Figures> Append(int clients, double seconds);
  // The loaded streams one after the other, by one client.
  absl::StatusOr<Figures> ReadStreams();
  // The loaded events as they stand in the log, by one client.
  absl::StatusOr<Figures> ReadAll();

  // That the peer says that it has every acknowledged event, and gives every one of them back.
  absl::Status Verify();

 private:
  std::unique_ptr<Peer> peer_;
  uint64_t next_stream_ = 0;
  uint64_t acknowledged_ = 0;
  uint64_t loaded_from_ = 0;
  uint64_t loaded_streams_ = 0;
  uint64_t loaded_events_ = 0;  // of each
};

// What the disk takes to keep 512 bytes, in microseconds for each time.
struct Syncs {
  std::vector<double> appended;  // to a file that grows by it
  std::vector<double> replaced;  // in a file that was as long before
};
absl::StatusOr<Syncs> MeasureSyncs(const std::string& directory, int times);

}  // namespace daybook::peers

#endif  // DAYBOOK_BENCH_PEERS_MEASURE_H_
