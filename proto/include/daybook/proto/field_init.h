// The members of Fields<M>::Init that are more than a scalar: each takes what a caller has at hand,
// braces or a field of another message, so that `Emit<Opened>({.address = command.address(),
// .tags = command.tags()})` and `Make<Open>({.address = {{.zip = "8000"}}})` both read well.
#ifndef DAYBOOK_PROTO_FIELD_INIT_H_
#define DAYBOOK_PROTO_FIELD_INIT_H_

#include <initializer_list>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "daybook/proto/message_traits.h"
#include "google/protobuf/map.h"
#include "google/protobuf/repeated_field.h"

namespace daybook {

// A field of message type M: absent, an M, or the braces of Fields<M>::Init.
template <typename M>
class MessageInit {
 public:
  MessageInit() = default;
  MessageInit(M message) : value_(std::move(message)) {}
  template <typename N = M, typename Init = typename Fields<N>::Init>
  requires std::is_same_v<Init, typename Fields<N>::Init> MessageInit(Init init)
      : value_(std::in_place) {
    Fields<M>::Set(std::move(init), &*value_);
  }

  bool has_value() const { return value_.has_value(); }
  M& operator*() { return *value_; }

 private:
  std::optional<M> value_;
};

// A repeated field of scalars, enums, strings or messages: a list in braces, a vector, or the
// repeated field of another message.
template <typename T>
class RepeatedInit {
 public:
  RepeatedInit() = default;
  RepeatedInit(std::initializer_list<T> items) : items_(items) {}
  RepeatedInit(std::vector<T> items) : items_(std::move(items)) {}
  // A RepeatedField<T>, RepeatedField<int> for an enum T, or RepeatedPtrField<T>.
  template <typename U>
  RepeatedInit(const google::protobuf::RepeatedField<U>& field) {
    items_.reserve(field.size());
    for (const U item : field) items_.push_back(static_cast<T>(item));
  }
  RepeatedInit(const google::protobuf::RepeatedPtrField<T>& field)
      : items_(field.begin(), field.end()) {}
  // `{{.name = "a"}, {.name = "b"}}` for messages.
  template <typename N = T, typename Init = typename Fields<N>::Init>
  requires std::is_same_v<Init, typename Fields<N>::Init> RepeatedInit(
      std::initializer_list<Init> items) {
    items_.reserve(items.size());
    for (const Init& item : items) items_.push_back(Make<T>(item));
  }

  template <typename U>
  void MoveTo(google::protobuf::RepeatedField<U>* field) {
    field->Clear();
    for (const T item : items_) field->Add(static_cast<U>(item));
  }
  void MoveTo(google::protobuf::RepeatedPtrField<T>* field) {
    field->Clear();
    for (T& item : items_) *field->Add() = std::move(item);
  }

 private:
  std::vector<T> items_;
};

// A map field: a list of pairs in braces, or the map of another message.
template <typename K, typename V>
class MapInit {
 public:
  MapInit() = default;
  MapInit(std::initializer_list<std::pair<K, V>> entries) {
    for (const auto& [key, value] : entries) map_[key] = value;
  }
  MapInit(const google::protobuf::Map<K, V>& map) : map_(map) {}

  void MoveTo(google::protobuf::Map<K, V>* map) { map->swap(map_); }

 private:
  google::protobuf::Map<K, V> map_;
};

namespace internal {
// A programmer's error: ends the process when more than one member of a oneof is given.
void CheckOneof(int members_given, absl::string_view oneof);
}  // namespace internal

}  // namespace daybook

#endif  // DAYBOOK_PROTO_FIELD_INIT_H_
