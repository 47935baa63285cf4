// Redis Streams. A key for each stream and, since Redis has no order across keys, one more that
// holds every event again; a script checks the version and appends to both as one.
#include <hiredis/hiredis.h>

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "daybook/core/status_macros.h"
#include "peer.h"

namespace daybook::peers {
namespace {

constexpr char kAll[] = "all";

// KEYS: the stream, all. ARGV: the version, the type, the payload. An event's id in its stream is
// its version and 1, since Redis has no id 0.
constexpr char kAppend[] = R"(
  if redis.call('XLEN', KEYS[1]) ~= tonumber(ARGV[1]) then
    return redis.error_reply('VERSION the stream has gone on')
  end
  redis.call('XADD', KEYS[1], tonumber(ARGV[1]) + 1, 'type', ARGV[2], 'data', ARGV[3])
  return redis.call('XADD', KEYS[2], '*', 'stream', KEYS[1], 'version', ARGV[1],
                    'type', ARGV[2], 'data', ARGV[3])
)";

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
using Context = std::unique_ptr<redisContext, FreeContext>;

absl::string_view TextOf(const redisReply* reply) {
  return {reply->str, static_cast<size_t>(reply->len)};
}

class RedisClient : public Client {
 public:
  explicit RedisClient(Context context) : context_(std::move(context)) {}

  absl::Status LoadScript() {
    DAYBOOK_ASSIGN_OR_RETURN(const Reply reply, Call({"SCRIPT", "LOAD", kAppend}));
    script_ = std::string(TextOf(reply.get()));
    return absl::OkStatus();
  }

  absl::Status Append(const std::string& stream, uint64_t version,
                      const std::string& payload) override {
    DAYBOOK_ASSIGN_OR_RETURN(const Reply reply, Call({"EVALSHA", script_, "2", stream, kAll,
                                                      absl::StrCat(version), kEventType, payload}));
    if (reply->type != REDIS_REPLY_STRING) {
      return absl::InternalError("acknowledged something else");
    }
    return absl::OkStatus();
  }

  absl::Status ReadStream(const std::string& stream, Visit visit) override {
    return Read(stream, ~uint64_t{0}, visit);
  }
  absl::Status ReadAll(uint64_t limit, Visit visit) override { return Read(kAll, limit, visit); }

  absl::StatusOr<uint64_t> Count() override {
    DAYBOOK_ASSIGN_OR_RETURN(const Reply reply, Call({"XLEN", kAll}));
    if (reply->type != REDIS_REPLY_INTEGER) return absl::InternalError("Redis: XLEN is no number");
    return static_cast<uint64_t>(reply->integer);
  }

 private:
  absl::StatusOr<Reply> Call(absl::Span<const absl::string_view> words) {
    std::vector<const char*> texts;
    std::vector<size_t> lengths;
    for (const absl::string_view word : words) {
      texts.push_back(word.data());
      lengths.push_back(word.size());
    }
    Reply reply(static_cast<redisReply*>(redisCommandArgv(
        context_.get(), static_cast<int>(words.size()), texts.data(), lengths.data())));
    if (reply == nullptr) return absl::UnavailableError(absl::StrCat("Redis: ", context_->errstr));
    if (reply->type != REDIS_REPLY_ERROR) return reply;
    const absl::string_view error = TextOf(reply.get());
    if (absl::StartsWith(error, "VERSION")) return absl::AbortedError(error);
    return absl::InternalError(absl::StrCat("Redis: ", error));
  }

  absl::Status Read(const std::string& key, uint64_t limit, Visit visit) {
    std::string from = "-";
    while (limit > 0) {
      const uint64_t page = std::min<uint64_t>(limit, kPageEvents);
      DAYBOOK_ASSIGN_OR_RETURN(const Reply reply,
                               Call({"XRANGE", key, from, "+", "COUNT", absl::StrCat(page)}));
      if (reply->type != REDIS_REPLY_ARRAY) return absl::InternalError("Redis: XRANGE is no array");
      for (size_t i = 0; i < reply->elements; ++i) {
        // An entry is its id, then names and values, of which the payload is the last.
        const redisReply* fields = reply->element[i]->element[1];
        DAYBOOK_RETURN_IF_ERROR(visit(TextOf(fields->element[fields->elements - 1])));
      }
      if (reply->elements < page) break;
      limit -= page;
      from = absl::StrCat("(", TextOf(reply->element[page - 1]->element[0]));
    }
    return absl::OkStatus();
  }

  const Context context_;
  std::string script_;
};

class RedisPeer : public Peer {
 public:
  explicit RedisPeer(int port) : port_(port) {}

  std::string name() const override { return "Redis Streams"; }
  std::string durability() const override {
    return "synced once before the acknowledgement: the append-only file (`appendfsync always`)";
  }
  absl::StatusOr<std::unique_ptr<Client>> Connect() override {
    Context context(redisConnect("127.0.0.1", port_));
    if (context == nullptr || context->err != 0) {
      return absl::UnavailableError(absl::StrCat("Redis: no connection to port ", port_, ": ",
                                                 context ? context->errstr : "no memory"));
    }
    auto client = std::make_unique<RedisClient>(std::move(context));
    DAYBOOK_RETURN_IF_ERROR(client->LoadScript());
    return client;
  }

 private:
  const int port_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Peer>> OpenRedis(int port) {
  auto peer = std::make_unique<RedisPeer>(port);
  DAYBOOK_RETURN_IF_ERROR(peer->Connect().status());
  return peer;
}

}  // namespace daybook::peers
