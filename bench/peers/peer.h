// What every store of events must do to be measured, in the least words that all of them know.
#ifndef DAYBOOK_BENCH_PEERS_PEER_H_
#define DAYBOOK_BENCH_PEERS_PEER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace daybook::peers {

// Events that one request for events asks for, where a store is read by pages.
inline constexpr int kPageEvents = 1000;

// The type of all events.
inline constexpr char kEventType[] = "Deposited";

// One user of a store, with a connection of its own where there are connections. For one thread.
class Client {
 public:
  // Takes the payload of each event that is read. An error ends the read and is what it returns.
  using Visit = absl::FunctionRef<absl::Status(absl::string_view payload)>;

  virtual ~Client() = default;

  // Appends one event to `stream`, which must have `version` events, and returns once the store
  // has acknowledged it. Aborted when the stream has gone on already.
  virtual absl::Status Append(const std::string& stream, uint64_t version,
                              const std::string& payload) = 0;
  // The events of one stream in their order.
  virtual absl::Status ReadStream(const std::string& stream, Visit visit) = 0;
  // The first `limit` events of all streams, or all where there are fewer, each stream's in its
  // order.
  virtual absl::Status ReadAll(uint64_t limit, Visit visit) = 0;
  // How many events the store says that it has.
  virtual absl::StatusOr<uint64_t> Count() = 0;
};

class Peer {
 public:
  virtual ~Peer() = default;

  virtual std::string name() const = 0;
  // What an acknowledged event has been through, in words for the table.
  virtual std::string durability() const = 0;
  // Thread-safe, and so are clients beside one another. The peer must outlive them.
  virtual absl::StatusOr<std::unique_ptr<Client>> Connect() = 0;
};

// The peers. Each makes what it needs in a new, empty place: a directory, a database, a server.
absl::StatusOr<std::unique_ptr<Peer>> OpenDaybook(const std::string& directory);
absl::StatusOr<std::unique_ptr<Peer>> OpenSqlite(const std::string& directory);
// `connection` as libpq takes it: "host=127.0.0.1 port=5432 dbname=events user=postgres".
absl::StatusOr<std::unique_ptr<Peer>> OpenPostgres(const std::string& connection);
// A database in which Message DB is installed.
absl::StatusOr<std::unique_ptr<Peer>> OpenMessageDb(const std::string& connection);
absl::StatusOr<std::unique_ptr<Peer>> OpenRedis(int port);
absl::StatusOr<std::unique_ptr<Peer>> OpenNats(const std::string& url);

}  // namespace daybook::peers

#endif  // DAYBOOK_BENCH_PEERS_PEER_H_
