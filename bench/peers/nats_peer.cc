// NATS JetStream: one stream of its own, in files, in which each stream of events is a subject.
#include <nats/nats.h>

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/status_macros.h"
#include "peer.h"

namespace daybook::peers {
namespace {

constexpr char kStream[] = "EVENTS";
constexpr char kSubjects[] = "events.>";
constexpr char kTypeHeader[] = "Type";
constexpr int64_t kPatienceMs = 30'000;

// Has the library's object given back with the variable that holds it.
template <auto kDestroy>
struct Destroy {
  template <typename T>
  void operator()(T* object) const {
    kDestroy(object);
  }
};
using Options = std::unique_ptr<natsOptions, Destroy<&natsOptions_Destroy>>;
using Connection = std::unique_ptr<natsConnection, Destroy<&natsConnection_Destroy>>;
using Context = std::unique_ptr<jsCtx, Destroy<&jsCtx_Destroy>>;
using Message = std::unique_ptr<natsMsg, Destroy<&natsMsg_Destroy>>;
using Acknowledgement = std::unique_ptr<jsPubAck, Destroy<&jsPubAck_Destroy>>;
using Subscription = std::unique_ptr<natsSubscription, Destroy<&natsSubscription_Destroy>>;
using StreamInfo = std::unique_ptr<jsStreamInfo, Destroy<&jsStreamInfo_Destroy>>;
using ConsumerInfo = std::unique_ptr<jsConsumerInfo, Destroy<&jsConsumerInfo_Destroy>>;

absl::Status Check(natsStatus status) {
  if (status == NATS_OK) return absl::OkStatus();
  const char* detail = nats_GetLastError(nullptr);
  return absl::InternalError(
      absl::StrCat("NATS: ", natsStatus_GetText(status), ": ", detail != nullptr ? detail : ""));
}

std::string SubjectOf(const std::string& stream) {
  return absl::StrCat("events.", stream);
}

class NatsClient : public Client {
 public:
  NatsClient(Connection connection, Context context)
      : connection_(std::move(connection)), context_(std::move(context)) {}

  // JetStream knows no versions. What it can expect is the number that the subject's last message
  // has in the whole log, so a client keeps that for each stream that it appends to.
  absl::Status Append(const std::string& stream, uint64_t version,
                      const std::string& payload) override {
    jsPubOptions options;
    DAYBOOK_RETURN_IF_ERROR(Check(jsPubOptions_Init(&options)));
    if (version == 0) {
      options.ExpectNoMessage = true;
    } else {
      const auto last = last_.find(stream);
      if (last == last_.end()) return absl::FailedPreconditionError("a stream of another client");
      options.ExpectLastSubjectSeq = last->second;
    }
    natsMsg* created = nullptr;
    DAYBOOK_RETURN_IF_ERROR(
        Check(natsMsg_Create(&created, SubjectOf(stream).c_str(), nullptr, payload.data(),
                             static_cast<int>(payload.size()))));
    const Message message(created);
    DAYBOOK_RETURN_IF_ERROR(Check(natsMsgHeader_Set(message.get(), kTypeHeader, kEventType)));
    jsPubAck* published = nullptr;
    jsErrCode error{};
    const natsStatus status =
        js_PublishMsg(&published, context_.get(), message.get(), &options, &error);
    const Acknowledgement acknowledgement(published);
    if (error == JSStreamWrongLastSequenceErr) {
      return absl::AbortedError("the subject has gone on");
    }
    DAYBOOK_RETURN_IF_ERROR(Check(status));
    if (acknowledgement->Sequence == 0 || acknowledgement->Duplicate) {
      return absl::InternalError("acknowledged something else");
    }
    last_[stream] = acknowledgement->Sequence;
    return absl::OkStatus();
  }

  absl::Status ReadStream(const std::string& stream, Visit visit) override {
    return Read(SubjectOf(stream), ~uint64_t{0}, visit);
  }
  absl::Status ReadAll(uint64_t limit, Visit visit) override {
    return Read(kSubjects, limit, visit);
  }

  absl::StatusOr<uint64_t> Count() override {
    jsStreamInfo* info = nullptr;
    jsErrCode error{};
    DAYBOOK_RETURN_IF_ERROR(
        Check(js_GetStreamInfo(&info, context_.get(), kStream, nullptr, &error)));
    const StreamInfo owned(info);
    return info->State.Msgs;
  }

 private:
  // By a consumer that is asked for pages. One that the server pushes to would need no questions,
  // but Debian's version of the library may crash where such a one ends with messages on their way.
  absl::Status Read(const std::string& subject, uint64_t limit, Visit visit) {
    jsSubOptions options;
    DAYBOOK_RETURN_IF_ERROR(Check(jsSubOptions_Init(&options)));
    options.Stream = kStream;
    options.Config.AckPolicy = js_AckNone;
    natsSubscription* subscribed = nullptr;
    DAYBOOK_RETURN_IF_ERROR(Check(js_PullSubscribe(&subscribed, context_.get(), subject.c_str(),
                                                   nullptr, nullptr, &options, nullptr)));
    const Subscription subscription(subscribed);
    jsConsumerInfo* got = nullptr;
    DAYBOOK_RETURN_IF_ERROR(
        Check(natsSubscription_GetConsumerInfo(&got, subscription.get(), nullptr, nullptr)));
    const ConsumerInfo info(got);
    for (uint64_t left = std::min(limit, info->NumPending); left > 0;) {
      DAYBOOK_ASSIGN_OR_RETURN(const uint64_t events, ReadPage(subscription.get(), left, visit));
      left -= events;
    }
    // Has the server forget the consumer.
    return Check(natsSubscription_Unsubscribe(subscription.get()));
  }

  absl::StatusOr<uint64_t> ReadPage(natsSubscription* subscription, uint64_t left, Visit visit) {
    const int page = static_cast<int>(std::min<uint64_t>(left, kPageEvents));
    natsMsgList list{};
    DAYBOOK_RETURN_IF_ERROR(
        Check(natsSubscription_Fetch(&list, subscription, page, kPatienceMs, nullptr)));
    const std::unique_ptr<natsMsgList, Destroy<&natsMsgList_Destroy>> owned(&list);
    for (int i = 0; i < list.Count; ++i) {
      DAYBOOK_RETURN_IF_ERROR(visit({natsMsg_GetData(list.Msgs[i]),
                                     static_cast<size_t>(natsMsg_GetDataLength(list.Msgs[i]))}));
    }
    return static_cast<uint64_t>(list.Count);
  }

  const Connection connection_;
  const Context context_;
  absl::flat_hash_map<std::string, uint64_t> last_;
};

class NatsPeer : public Peer {
 public:
  explicit NatsPeer(std::string url) : url_(std::move(url)) {}

  std::string name() const override { return "NATS JetStream"; }
  std::string durability() const override {
    return "**not synced** before the acknowledgement: written to the file, synced by a timer; a "
           "power cut loses what was acknowledged since";
  }

  absl::StatusOr<std::unique_ptr<Client>> Connect() override {
    natsOptions* made_options = nullptr;
    DAYBOOK_RETURN_IF_ERROR(Check(natsOptions_Create(&made_options)));
    const Options options(made_options);
    DAYBOOK_RETURN_IF_ERROR(Check(natsOptions_SetURL(options.get(), url_.c_str())));
    // What is published leaves at once, not with what may follow.
    DAYBOOK_RETURN_IF_ERROR(Check(natsOptions_SetSendAsap(options.get(), true)));
    natsConnection* made_connection = nullptr;
    DAYBOOK_RETURN_IF_ERROR(Check(natsConnection_Connect(&made_connection, options.get())));
    Connection connection(made_connection);
    jsOptions context_options;
    DAYBOOK_RETURN_IF_ERROR(Check(jsOptions_Init(&context_options)));
    context_options.Wait = kPatienceMs;
    jsCtx* made_context = nullptr;
    DAYBOOK_RETURN_IF_ERROR(
        Check(natsConnection_JetStream(&made_context, connection.get(), &context_options)));
    Context context(made_context);
    return std::make_unique<NatsClient>(std::move(connection), std::move(context));
  }

  absl::Status AddStream() {
    natsConnection* made_connection = nullptr;
    DAYBOOK_RETURN_IF_ERROR(Check(natsConnection_ConnectTo(&made_connection, url_.c_str())));
    const Connection connection(made_connection);
    jsCtx* made_context = nullptr;
    DAYBOOK_RETURN_IF_ERROR(
        Check(natsConnection_JetStream(&made_context, connection.get(), nullptr)));
    const Context context(made_context);
    jsStreamConfig config;
    DAYBOOK_RETURN_IF_ERROR(Check(jsStreamConfig_Init(&config)));
    const char* subjects[] = {kSubjects};
    config.Name = kStream;
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    jsErrCode error{};
    return Check(js_AddStream(nullptr, context.get(), &config, nullptr, &error));
  }

 private:
  const std::string url_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Peer>> OpenNats(const std::string& url) {
  auto peer = std::make_unique<NatsPeer>(url);
  DAYBOOK_RETURN_IF_ERROR(peer->AddStream());
  return peer;
}

}  // namespace daybook::peers
