#include "history_check.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "linearizability.h"

namespace daybook {
namespace {

using Kind = Call::Kind;
using Outcome = Call::Outcome;

bool Done(const Call& call) {
  return call.kind == Kind::kAppend && call.outcome == Outcome::kDone;
}

bool Acknowledged(const Call& call) {
  return call.kind == Kind::kAppend &&
         (call.outcome == Outcome::kDone || call.outcome == Outcome::kDuplicate);
}

std::string At(const Call& call) {
  return absl::StrCat(" (thread ", call.thread, ", from ", call.called, " to ", call.answered, ")");
}

// The log in the end, which is what every read is held against.
class FinalLog {
 public:
  explicit FinalLog(const std::vector<LoggedEvent>& log) : log_(log) {
    for (const LoggedEvent& event : log) streams_[event.stream].push_back(event.position);
  }

  uint64_t tip() const { return log_.size(); }
  const LoggedEvent& At(uint64_t position) const { return log_[position - 1]; }
  // The number of the stream's events up to `tip`.
  uint64_t Length(const std::string& stream, uint64_t tip) const {
    const auto it = streams_.find(stream);
    if (it == streams_.end()) return 0;
    const std::vector<uint64_t>& positions = it->second;
    return static_cast<uint64_t>(std::upper_bound(positions.begin(), positions.end(), tip) -
                                 positions.begin());
  }
  std::optional<uint64_t> Version(const std::string& stream, uint64_t tip) const {
    const uint64_t length = Length(stream, tip);
    return length == 0 ? std::nullopt : std::optional<uint64_t>(length - 1);
  }
  std::vector<uint64_t> EventsOf(const std::string& stream, uint64_t tip) const {
    std::vector<uint64_t> events;
    const uint64_t length = Length(stream, tip);
    for (uint64_t i = 0; i < length; ++i) {
      events.push_back(At(streams_.find(stream)->second[i]).event);
    }
    return events;
  }
  std::vector<uint64_t> Tail(uint64_t tip) const {
    std::vector<uint64_t> events;
    for (uint64_t p = tip > Call::kLogTail ? tip - Call::kLogTail + 1 : 1; p <= tip; ++p) {
      events.push_back(At(p).event);
    }
    return events;
  }
  // Whether the call's events stand where its answer says.
  bool Holds(const Call& call) const {
    uint64_t position = call.first;
    for (size_t i = 0; i < call.parts.size(); ++i) {
      uint64_t version = call.first_versions[i];
      for (const uint64_t event : call.parts[i].events) {
        if (position == 0 || position > tip()) return false;
        const LoggedEvent& logged = At(position++);
        if (logged.event != event || logged.stream != call.parts[i].stream ||
            logged.version != version++) {
          return false;
        }
      }
    }
    return position == call.last + 1;
  }

 private:
  const std::vector<LoggedEvent>& log_;
  std::map<std::string, std::vector<uint64_t>> streams_;
};

std::string CheckLog(const History& history) {
  std::map<std::string, uint64_t> lengths;
  std::set<uint64_t> events;
  uint64_t position = 0;
  for (const LoggedEvent& event : history.log) {
    if (event.position != ++position || event.version != lengths[event.stream]++) {
      return absl::StrCat("gap: before position ", event.position);
    }
    if (!events.insert(event.event).second) {
      return absl::StrCat("duplicate: event ", event.event, " at position ", event.position);
    }
  }
  return "";
}

std::string CheckAcknowledged(const History& history, const FinalLog& log) {
  std::set<uint64_t> acknowledged;
  for (const Call& call : history.calls) {
    if (!Acknowledged(call)) continue;
    if (!log.Holds(call)) {
      return absl::StrCat("lost: the append at positions ", call.first, " to ", call.last,
                          At(call));
    }
    for (const CallPart& part : call.parts) {
      acknowledged.insert(part.events.begin(), part.events.end());
    }
  }
  for (const LoggedEvent& event : history.log) {
    if (acknowledged.count(event.event) == 0) {
      return absl::StrCat("aborted read: event ", event.event, " is in the log");
    }
  }
  for (const Call& call : history.calls) {
    for (const uint64_t event : call.events) {
      if (acknowledged.count(event) == 0) {
        return absl::StrCat("aborted read: event ", event, " was read", At(call));
      }
    }
  }
  return "";
}

std::string CheckFollowed(const History& history) {
  for (size_t i = 0; i < history.followed.size(); ++i) {
    if (history.followed[i] != i + 1) {
      return absl::StrCat("missed: position ", history.followed[i], " was delivered for ", i + 1);
    }
  }
  if (history.followed.size() == history.log.size()) return "";
  return absl::StrCat("missed: everything behind position ", history.followed.size());
}

// Who was acknowledged before another append was begun stands before it.
std::string CheckOrder(const History& history) {
  std::vector<const Call*> by_position;
  for (const Call& call : history.calls) {
    if (Done(call) && call.last >= call.first) by_position.push_back(&call);
  }
  std::sort(by_position.begin(), by_position.end(),
            [](const Call* a, const Call* b) { return a->first < b->first; });
  uint64_t latest = 0;  // when one of those before was called
  for (const Call* call : by_position) {
    if (call->answered < latest) {
      return absl::StrCat("order: the append at position ", call->first, At(*call),
                          " stands behind one that was begun later");
    }
    latest = std::max(latest, call->called);
  }
  return "";
}

std::string CheckReads(const History& history) {
  std::set<uint64_t> within;  // positions that another one of the same commit follows
  for (const Call& call : history.calls) {
    if (!Done(call)) continue;
    for (uint64_t p = call.first; p < call.last; ++p) within.insert(p);
  }
  std::vector<const Call*> by_call;
  for (const Call& call : history.calls) by_call.push_back(&call);
  std::vector<const Call*> by_answer = by_call;
  std::sort(by_call.begin(), by_call.end(),
            [](const Call* a, const Call* b) { return a->called < b->called; });
  std::sort(by_answer.begin(), by_answer.end(),
            [](const Call* a, const Call* b) { return a->answered < b->answered; });
  std::map<int, uint64_t> seen;  // by thread
  size_t answered = 0;
  uint64_t acknowledged = 0;  // before the call that is looked at
  for (const Call* call : by_call) {
    for (; by_answer[answered]->answered < call->called; ++answered) {
      if (Acknowledged(*by_answer[answered])) {
        acknowledged = std::max(acknowledged, by_answer[answered]->last);
      }
    }
    if (call->kind == Kind::kAppend) continue;
    if (within.count(call->tip) != 0) {
      return absl::StrCat("torn: a reader's tip is ", call->tip, ", within a commit", At(*call));
    }
    if (call->tip < seen[call->thread]) {
      return absl::StrCat("going back: a reader's tip is ", call->tip, ", was ", seen[call->thread],
                          At(*call));
    }
    seen[call->thread] = call->tip;
    if (call->tip < acknowledged) {
      return absl::StrCat("stale: a reader's tip is ", call->tip, ", but ", acknowledged,
                          " was acknowledged", At(*call));
    }
  }
  return "";
}

// ---- One stream, seen by itself: its length and a hash of its events.
using StreamState = std::pair<uint64_t, uint64_t>;

uint64_t Mix(uint64_t hash, uint64_t event) {
  return (hash ^ event) * 0x9e3779b97f4a7c15 + (hash >> 29);
}

std::optional<uint64_t> VersionOf(const StreamState& state) {
  return state.first == 0 ? std::nullopt : std::optional<uint64_t>(state.first - 1);
}

std::optional<StreamState> StepOfStream(const std::string& stream, const StreamState& state,
                                        const Call& call) {
  if (call.kind == Kind::kReadStream) {
    StreamState read{call.events.size(), 0};
    for (const uint64_t event : call.events) read.second = Mix(read.second, event);
    return read == state ? std::optional<StreamState>(state) : std::nullopt;
  }
  if (call.outcome == Outcome::kVersionConflict) {
    const auto part = std::find_if(call.parts.begin(), call.parts.end(),
                                   [&](const CallPart& p) { return p.stream == stream; });
    const bool conflicts = VersionOf(state) == call.actual && !part->expected.Matches(call.actual);
    return conflicts ? std::optional<StreamState>(state) : std::nullopt;
  }
  StreamState after = state;
  for (size_t i = 0; i < call.parts.size(); ++i) {
    const CallPart& part = call.parts[i];
    if (part.stream != stream) continue;
    if (call.outcome == Outcome::kDuplicate) {
      if (state.first < call.first_versions[i] + part.events.size()) return std::nullopt;
      continue;
    }
    if (!part.expected.Matches(VersionOf(state))) return std::nullopt;
    if (call.outcome == Outcome::kConditionFailed) continue;
    if (call.first_versions[i] != state.first) return std::nullopt;
    for (const uint64_t event : part.events) {
      after = {after.first + 1, Mix(after.second, event)};
    }
  }
  return after;
}

bool Concerns(const Call& call, const std::string& stream) {
  if (call.kind == Kind::kReadStream) return call.stream == stream;
  if (call.kind == Kind::kReadLog) return false;
  // A conflict tells of one stream.
  if (call.outcome == Outcome::kVersionConflict) return call.conflict == stream;
  return std::any_of(call.parts.begin(), call.parts.end(),
                     [&](const CallPart& part) { return part.stream == stream; });
}

// ---- The whole log: its state is its tip, since what stands below that never changes.
std::optional<uint64_t> StepOfLog(const FinalLog& log, uint64_t tip, const Call& call) {
  const auto when = [tip](bool right) {
    return right ? std::optional<uint64_t>(tip) : std::nullopt;
  };
  if (call.kind == Kind::kReadLog) {
    return when(call.tip == tip && call.events == log.Tail(tip));
  }
  if (call.kind == Kind::kReadStream) {
    return when(call.tip == tip && call.events == log.EventsOf(call.stream, tip));
  }
  if (call.outcome == Outcome::kDuplicate) return when(call.last <= tip);
  for (const CallPart& part : call.parts) {
    const std::optional<uint64_t> version = log.Version(part.stream, tip);
    const bool matches = part.expected.Matches(version);
    if (call.outcome == Outcome::kVersionConflict && part.stream == call.conflict) {
      return when(!matches && version == call.actual);
    }
    if (!matches) return std::nullopt;
  }
  if (call.outcome == Outcome::kVersionConflict) return std::nullopt;
  if (call.outcome == Outcome::kConditionFailed) {
    return when(call.match > call.after && call.match <= tip &&
                log.At(call.match).stream == call.unchanged);
  }
  if (!call.unchanged.empty() &&
      log.Length(call.unchanged, tip) != log.Length(call.unchanged, call.after)) {
    return std::nullopt;
  }
  return call.first == tip + 1 ? std::optional<uint64_t>(call.last) : std::nullopt;
}

std::string CheckLinearizability(const History& history, const FinalLog& log) {
  std::set<std::string> streams;
  for (const Call& call : history.calls) {
    if (call.kind == Kind::kReadStream) streams.insert(call.stream);
    for (const CallPart& part : call.parts) streams.insert(part.stream);
  }
  using Calls = std::vector<Timed<const Call*>>;
  for (const std::string& stream : streams) {
    Calls calls;
    for (const Call& call : history.calls) {
      if (Concerns(call, stream)) calls.push_back({call.called, call.answered, &call});
    }
    LinearizabilitySearch<StreamState, const Call*> search(
        std::move(calls), [&stream](const StreamState& state, const Call* const& call) {
          return StepOfStream(stream, state, *call);
        });
    if (!search.Find({0, 0})) {
      return absl::StrCat("stream: no order of the calls explains what they say of ", stream);
    }
  }
  Calls calls;
  for (const Call& call : history.calls) calls.push_back({call.called, call.answered, &call});
  LinearizabilitySearch<uint64_t, const Call*> search(
      std::move(calls),
      [&log](const uint64_t& tip, const Call* const& call) { return StepOfLog(log, tip, *call); });
  return search.Find(0) ? "" : "log: no order of the calls explains what they say of the log";
}

}  // namespace

std::string CheckHistory(const History& history) {
  const FinalLog log(history.log);
  std::string wrong = CheckLog(history);
  if (wrong.empty()) wrong = CheckAcknowledged(history, log);
  if (wrong.empty()) wrong = CheckFollowed(history);
  if (wrong.empty()) wrong = CheckOrder(history);
  if (wrong.empty()) wrong = CheckReads(history);
  if (wrong.empty()) wrong = CheckLinearizability(history, log);
  return wrong;
}

}  // namespace daybook
