// What the generator knows about a message; it specializes these for every message with an option.
#ifndef DAYBOOK_PROTO_MESSAGE_TRAITS_H_
#define DAYBOOK_PROTO_MESSAGE_TRAITS_H_

#include <utility>

namespace daybook {

// For a command M:
//   static constexpr absl::string_view kTypeName;            full name of the message
//   static std::string StreamKey(const M&);                  the key of its stream
//   static absl::Status Validate(const M&);                  the field rules: InvalidArgument with
//                                                            an InvalidField "Message.field"
// For an event M:
//   static constexpr absl::string_view kTypeName;            its stable name
//   static constexpr uint32_t kSchemaVersion;
//   static constexpr bool kPast;                             emitted no more: see upcast.h
//   static constexpr uint32_t kUpcastRevision;               0 unless past
//   static constexpr bool kHasKey;                           a field carries `key`
//   static std::string Key(const M&);                        when kHasKey
//   static std::vector<std::string> Tags(const M&);          "field-name:value", in field order
// For a state, row or rejection M:
//   static constexpr absl::string_view kTypeName;            full name of the message
template <typename M>
struct MessageTraits;

// Fields<M>::Init has one member for each field of M, each with the field's default, in the order
// of the .proto, so that `Make<M>({.amount = 30})` reads like the message:
//   scalars and enums as themselves, string and bytes as std::string, `optional` ones and those of
//   a oneof as std::optional; messages as MessageInit, repeated fields as RepeatedInit, maps as
//   MapInit (daybook/proto/field_init.h), which take braces or a field of another message.
//   static void Fields<M>::Set(Init&&, M*);                  moves the members into the message
template <typename M>
struct Fields;

// A message from its fields.
template <typename M>
M Make(typename Fields<M>::Init init = {}) {
  M message;
  Fields<M>::Set(std::move(init), &message);
  return message;
}

}  // namespace daybook

#endif  // DAYBOOK_PROTO_MESSAGE_TRAITS_H_
