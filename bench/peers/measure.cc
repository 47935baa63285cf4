#include "measure.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <functional>
#include <latch>
#include <thread>

#include "absl/strings/str_cat.h"
#include "daybook/core/status_macros.h"
#include "events.h"

namespace daybook::peers {
namespace {

// Appends of each client before the clock starts, so that a connection is not measured while it
// plans its statements and fills its caches.
constexpr uint64_t kWarmUp = 10;

using Clock = std::chrono::steady_clock;

// What one client appended.
struct Work {
  absl::Status status;
  uint64_t acknowledged = 0;
  std::vector<double> latencies_us;  // without those of the warm-up
};

double Seconds(Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// Runs `body(client, index)` on a thread for each client, all from the same moment on; returns the
// seconds until the last one was done.
double RunTogether(const std::vector<std::unique_ptr<Client>>& clients,
                   const std::function<void(Client*, size_t)>& warm_up,
                   const std::function<void(Client*, size_t)>& body) {
  std::latch warm(static_cast<std::ptrdiff_t>(clients.size()));
  std::latch start(1);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < clients.size(); ++i) {
    threads.emplace_back([&, i] {
      warm_up(clients[i].get(), i);
      warm.count_down();
      start.wait();
      body(clients[i].get(), i);
    });
  }
  warm.wait();
  const Clock::time_point began = Clock::now();
  start.count_down();
  for (std::thread& thread : threads) thread.join();
  return Seconds(Clock::now() - began);
}

absl::StatusOr<std::vector<std::unique_ptr<Client>>> ConnectAll(Peer* peer, uint64_t count) {
  std::vector<std::unique_ptr<Client>> clients;
  for (uint64_t i = 0; i < count; ++i) {
    DAYBOOK_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, peer->Connect());
    clients.push_back(std::move(client));
  }
  return clients;
}

absl::Status Expect(uint64_t events, uint64_t expected) {
  if (events == expected) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("read ", events, " events of ", expected));
}

}  // namespace

double Quantile(std::vector<double> values, double quantile) {
  const auto nth = values.begin() +
                   static_cast<std::ptrdiff_t>(quantile * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

absl::Status Measured::RefusesOldVersion() {
  DAYBOOK_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, peer_->Connect());
  const uint64_t stream = next_stream_++;
  const std::string payload = PayloadOf(stream, 0);
  DAYBOOK_RETURN_IF_ERROR(client->Append(StreamName(stream), 0, payload));
  ++acknowledged_;
  const absl::Status again = client->Append(StreamName(stream), 0, payload);
  if (again.code() == absl::StatusCode::kAborted) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("an append to a stream that had gone on: ", again.ToString()));
}

absl::Status Measured::Load(uint64_t streams, uint64_t events) {
  loaded_from_ = next_stream_;
  loaded_streams_ = streams;
  loaded_events_ = events;
  next_stream_ += streams;
  DAYBOOK_ASSIGN_OR_RETURN(const auto clients, ConnectAll(peer_.get(), streams));
  std::vector<absl::Status> outcomes(streams);
  RunTogether(
      clients, [](Client*, size_t) {},
      [&](Client* client, size_t i) {
        const uint64_t stream = loaded_from_ + i;
        for (uint64_t version = 0; version < events && outcomes[i].ok(); ++version) {
          outcomes[i] = client->Append(StreamName(stream), version, PayloadOf(stream, version));
        }
      });
  for (const absl::Status& outcome : outcomes) DAYBOOK_RETURN_IF_ERROR(outcome);
  acknowledged_ += streams * events;
  return absl::OkStatus();
}

absl::StatusOr<Figures> Measured::Append(int clients, double seconds) {
  DAYBOOK_ASSIGN_OR_RETURN(const auto connected,
                           ConnectAll(peer_.get(), static_cast<uint64_t>(clients)));
  const uint64_t first_stream = next_stream_;
  next_stream_ += connected.size();
  std::vector<Work> works(connected.size());
  const auto append = [&](Client* client, size_t i) {
    Work& work = works[i];
    const uint64_t stream = first_stream + i;
    const std::string payload = PayloadOf(stream, work.acknowledged);
    work.status = client->Append(StreamName(stream), work.acknowledged, payload);
    if (work.status.ok()) ++work.acknowledged;
  };
  const double took = RunTogether(
      connected,
      [&](Client* client, size_t i) {
        while (works[i].acknowledged < kWarmUp && works[i].status.ok()) append(client, i);
      },
      [&](Client* client, size_t i) {
        Clock::time_point now = Clock::now();
        const Clock::time_point end = now + std::chrono::duration_cast<Clock::duration>(
                                                std::chrono::duration<double>(seconds));
        while (now < end && works[i].status.ok()) {
          append(client, i);
          const Clock::time_point done = Clock::now();
          works[i].latencies_us.push_back(Seconds(done - now) * 1e6);
          now = done;
        }
      });
  std::vector<double> latencies;
  for (const Work& work : works) {
    DAYBOOK_RETURN_IF_ERROR(work.status);
    acknowledged_ += work.acknowledged;
    latencies.insert(latencies.end(), work.latencies_us.begin(), work.latencies_us.end());
  }
  return Figures{.events_per_second = static_cast<double>(latencies.size()) / took,
                 .p50_us = Quantile(latencies, 0.5),
                 .p99_us = Quantile(latencies, 0.99)};
}

absl::StatusOr<Figures> Measured::ReadStreams() {
  DAYBOOK_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, peer_->Connect());
  Reading warm_up;
  DAYBOOK_RETURN_IF_ERROR(client->ReadStream(
      StreamName(loaded_from_), [&](absl::string_view payload) { return warm_up.Take(payload); }));
  Reading reading;
  const Clock::time_point began = Clock::now();
  for (uint64_t i = 0; i < loaded_streams_; ++i) {
    DAYBOOK_RETURN_IF_ERROR(
        client->ReadStream(StreamName(loaded_from_ + i),
                           [&](absl::string_view payload) { return reading.Take(payload); }));
  }
  const double took = Seconds(Clock::now() - began);
  DAYBOOK_RETURN_IF_ERROR(Expect(reading.events(), loaded_streams_ * loaded_events_));
  return Figures{.events_per_second = static_cast<double>(reading.events()) / took};
}

absl::StatusOr<Figures> Measured::ReadAll() {
  DAYBOOK_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, peer_->Connect());
  Reading warm_up;
  DAYBOOK_RETURN_IF_ERROR(client->ReadAll(
      kPageEvents, [&](absl::string_view payload) { return warm_up.Take(payload); }));
  Reading reading;
  const uint64_t events = loaded_streams_ * loaded_events_;
  const Clock::time_point began = Clock::now();
  DAYBOOK_RETURN_IF_ERROR(
      client->ReadAll(events, [&](absl::string_view payload) { return reading.Take(payload); }));
  const double took = Seconds(Clock::now() - began);
  DAYBOOK_RETURN_IF_ERROR(Expect(reading.events(), events));
  return Figures{.events_per_second = static_cast<double>(events) / took};
}

absl::Status Measured::Verify() {
  DAYBOOK_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, peer_->Connect());
  DAYBOOK_ASSIGN_OR_RETURN(const uint64_t count, client->Count());
  DAYBOOK_RETURN_IF_ERROR(Expect(count, acknowledged_));
  Reading reading;
  DAYBOOK_RETURN_IF_ERROR(client->ReadAll(
      ~uint64_t{0}, [&](absl::string_view payload) { return reading.Take(payload); }));
  return Expect(reading.events(), acknowledged_);
}

absl::StatusOr<Syncs> MeasureSyncs(const std::string& directory, int times) {
  const std::string path = absl::StrCat(directory, "/sync");
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  const std::string block(512, 'x');
  Syncs syncs;
  absl::Status status;
  for (std::vector<double>* micros : {&syncs.appended, &syncs.replaced}) {
    for (int i = 0; i < times && status.ok(); ++i) {
      const Clock::time_point began = Clock::now();
      const off_t offset = static_cast<off_t>(block.size()) * i;
      if (::pwrite(file, block.data(), block.size(), offset) !=
              static_cast<ssize_t>(block.size()) ||
          ::fdatasync(file) != 0) {
        status = absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path));
      }
      micros->push_back(Seconds(Clock::now() - began) * 1e6);
    }
  }
  ::close(file);
  ::unlink(path.c_str());
  DAYBOOK_RETURN_IF_ERROR(status);
  return syncs;
}

}  // namespace daybook::peers
