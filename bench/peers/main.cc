// daybook_bench_peers: the same appends and reads on Daybook and on what else one would take, in
// rounds that go through all of them. bench/peers/run.sh starts the servers and runs this.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "daybook/core/status_macros.h"
#include "measure.h"
#include "table.h"

namespace daybook::peers {
namespace {

constexpr int kSyncs = 300;  // in each round
constexpr uint64_t kStreamEvents = 1000;

struct Arguments {
  std::string data;
  std::string postgres;
  std::string message_db;
  int redis = 0;
  std::string nats;
  int rounds = 7;
  double seconds = 2;
  uint64_t streams = 50;
};

const std::vector<int>& ClientCounts() {
  static const auto* const kCounts = new std::vector<int>{1, 16, 64};
  return *kCounts;
}

absl::Status Named(const std::string& name, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(name, ": ", status.message()));
}

// The peers that there are servers for; Daybook and SQLite need none.
absl::StatusOr<std::vector<Measured>> OpenPeers(const Arguments& arguments) {
  std::vector<Measured> peers;
  const auto add = [&](absl::StatusOr<std::unique_ptr<Peer>> peer) {
    if (peer.ok()) peers.emplace_back(*std::move(peer));
    return peer.status();
  };
  DAYBOOK_RETURN_IF_ERROR(add(OpenDaybook(arguments.data)));
  if (!arguments.postgres.empty()) DAYBOOK_RETURN_IF_ERROR(add(OpenPostgres(arguments.postgres)));
  if (!arguments.message_db.empty()) {
    DAYBOOK_RETURN_IF_ERROR(add(OpenMessageDb(arguments.message_db)));
  }
  if (arguments.redis != 0) DAYBOOK_RETURN_IF_ERROR(add(OpenRedis(arguments.redis)));
  DAYBOOK_RETURN_IF_ERROR(add(OpenSqlite(arguments.data)));
  if (!arguments.nats.empty()) DAYBOOK_RETURN_IF_ERROR(add(OpenNats(arguments.nats)));
  return peers;
}

absl::StatusOr<Figures> MeasureOnce(Measured* peer, const std::string& measure, double seconds) {
  if (measure == kReadStream) return peer->ReadStreams();
  if (measure == kReadAll) return peer->ReadAll();
  for (const int clients : ClientCounts()) {
    if (measure == AppendName(clients)) return peer->Append(clients, seconds);
  }
  return absl::InternalError(absl::StrCat("no measure ", measure));
}

// Every measure on every peer, each time in another order of the peers: what one leaves behind for
// the machine to do falls on all of the others alike.
absl::Status Round(const Arguments& arguments, std::mt19937_64* random,
                   std::vector<Measured>* peers, std::vector<Row>* rows) {
  std::vector<std::string> measures;
  for (const int clients : ClientCounts()) measures.push_back(AppendName(clients));
  measures.insert(measures.end(), {kReadStream, kReadAll});
  std::vector<size_t> order(peers->size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (const std::string& measure : measures) {
    std::shuffle(order.begin(), order.end(), *random);
    for (const size_t i : order) {
      const absl::StatusOr<Figures> figures = MeasureOnce(&(*peers)[i], measure, arguments.seconds);
      DAYBOOK_RETURN_IF_ERROR(Named((*rows)[i].name, figures.status()));
      (*rows)[i].rounds[measure].push_back(*figures);
    }
  }
  return absl::OkStatus();
}

void PrintSyncs(const char* where, const std::vector<double>& micros) {
  std::printf("  %s: p50 %.0f µs, p99 %.0f µs\n", where, Quantile(micros, 0.5),
              Quantile(micros, 0.99));
}

absl::Status Run(const Arguments& arguments) {
  DAYBOOK_ASSIGN_OR_RETURN(std::vector<Measured> peers, OpenPeers(arguments));
  std::vector<Row> rows;
  for (Measured& peer : peers) {
    const std::string name = peer.peer().name();
    rows.push_back({name, peer.peer().durability(), {}});
    DAYBOOK_RETURN_IF_ERROR(Named(name, peer.RefusesOldVersion()));
    DAYBOOK_RETURN_IF_ERROR(Named(name, peer.Load(arguments.streams, kStreamEvents)));
  }
  std::fprintf(stderr, "each refuses an append to a stream that has gone on; %zu events loaded\n",
               static_cast<size_t>(arguments.streams * kStreamEvents));

  std::mt19937_64 random(1);
  Syncs syncs;
  for (int round = 1; round <= arguments.rounds; ++round) {
    DAYBOOK_ASSIGN_OR_RETURN(const Syncs more, MeasureSyncs(arguments.data, kSyncs));
    syncs.appended.insert(syncs.appended.end(), more.appended.begin(), more.appended.end());
    syncs.replaced.insert(syncs.replaced.end(), more.replaced.begin(), more.replaced.end());
    DAYBOOK_RETURN_IF_ERROR(Round(arguments, &random, &peers, &rows));
    std::fprintf(stderr, "round %d of %d done\n", round, arguments.rounds);
  }

  for (Measured& peer : peers) {
    DAYBOOK_RETURN_IF_ERROR(Named(peer.peer().name(), peer.Verify()));
    std::printf("%s has the %zu events that it acknowledged, and gave each of them back.\n",
                peer.peer().name().c_str(), static_cast<size_t>(peer.acknowledged()));
  }
  std::printf("\n%u cores. Writing 512 bytes and fdatasync, before each round:\n",
              std::thread::hardware_concurrency());
  PrintSyncs("at the end of a file", syncs.appended);
  PrintSyncs("over what was there", syncs.replaced);
  std::printf("Medians of %d rounds. Appends: %g s each. Streams of %zu events to read: %zu.\n\n",
              arguments.rounds, arguments.seconds, static_cast<size_t>(kStreamEvents),
              static_cast<size_t>(arguments.streams));
  std::printf("%s", Tables(rows, ClientCounts()).c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace daybook::peers

int main(int argc, char** argv) {
  daybook::peers::Arguments arguments;
  CLI::App app("Measures Daybook beside other stores of events, which have to be empty.");
  app.add_option("--data", arguments.data, "Empty directory for the stores in process")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--postgres", arguments.postgres, "Connection to a database for the table");
  app.add_option("--message-db", arguments.message_db, "Connection to a database of Message DB");
  app.add_option("--redis", arguments.redis, "Port of a Redis server on 127.0.0.1");
  app.add_option("--nats", arguments.nats, "URL of a NATS server with JetStream");
  app.add_option("--rounds", arguments.rounds)->check(CLI::Range(1, 1000));
  app.add_option("--seconds", arguments.seconds, "Of each measurement of appends")
      ->check(CLI::Range(0.01, 3600.0));
  app.add_option("--streams", arguments.streams, "Streams of 1,000 events to read")
      ->check(CLI::Range(1, 64));
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = daybook::peers::Run(arguments);
  if (status.ok()) return 0;
  std::fprintf(stderr, "daybook_bench_peers: %s\n", status.ToString().c_str());
  return 1;
}
