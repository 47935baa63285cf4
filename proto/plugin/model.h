// What a .proto says to Daybook: its messages by role, its aggregates and its projections.
#ifndef DAYBOOK_PROTO_PLUGIN_MODEL_H_
#define DAYBOOK_PROTO_PLUGIN_MODEL_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daybook/v1/options.pb.h"
#include "google/protobuf/descriptor.h"

namespace daybook::generator {

enum class Role { kNone, kCommand, kEvent, kState, kRow, kRejection };

// The roles that the message's options give it: one in a sound .proto.
std::vector<Role> RolesOf(const google::protobuf::Descriptor& message);
// The first of them, kNone without.
Role RoleOf(const google::protobuf::Descriptor& message);
// "command", "plain message" for kNone.
const char* NameOf(Role role);
// The number of the option that gives the role.
int OptionOf(Role role);

const v1::FieldOptions& OptionsOf(const google::protobuf::FieldDescriptor& field);
// The name under which the event is stored, and its schema version.
std::string EventName(const google::protobuf::Descriptor& event);
uint32_t SchemaVersion(const google::protobuf::Descriptor& event);
bool IsPast(const google::protobuf::Descriptor& event);

struct Aggregate {
  std::string name;
  std::string category;
  uint32_t snapshot_every = 0;
  uint32_t evolve_revision = 0;
  const google::protobuf::Descriptor* state = nullptr;
  std::vector<const google::protobuf::Descriptor*> commands;
  std::vector<const google::protobuf::Descriptor*> events;
  std::vector<const google::protobuf::Descriptor*> past_events;
  std::vector<const google::protobuf::Descriptor*> rejections;
};

struct Index {
  std::string name;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
};

// Those of a row's own options, then those of its fields that are `indexed`; of their fields, those
// that are there.
std::vector<Index> IndexesOf(const google::protobuf::Descriptor& row);

struct Projection {
  std::string name;
  uint32_t revision = 0;
  const google::protobuf::Descriptor* row = nullptr;
  // Those of its `from` that are known, in that order.
  std::vector<const Aggregate*> from;
  std::vector<Index> indexes;
};

// The aggregates of a file and of those that it imports, the projections of the file alone.
// Reading never fails: what is wrong is found by the checks.
struct Model {
  const google::protobuf::FileDescriptor* file = nullptr;
  // All messages of the file, nested ones after theirs, without the entries of maps.
  std::vector<const google::protobuf::Descriptor*> messages;
  // In declaration order of their states; with several states of one name, the first.
  std::vector<std::unique_ptr<Aggregate>> aggregates;
  std::vector<std::unique_ptr<Aggregate>> imported;
  std::vector<Projection> projections;

  // The aggregate `name` ("Account" or, with its package, "bank.Account") of this file, then of
  // the imported ones; all that fit.
  std::vector<const Aggregate*> Find(const std::string& name) const;
};

Model ReadModel(const google::protobuf::FileDescriptor& file);

// Whether a message or a field of the file carries an option of Daybook.
bool SpeaksOfDaybook(const google::protobuf::FileDescriptor& file);

// All messages of a file, nested ones after theirs, without the entries of maps.
std::vector<const google::protobuf::Descriptor*> MessagesOf(
    const google::protobuf::FileDescriptor& file);

}  // namespace daybook::generator

#endif  // DAYBOOK_PROTO_PLUGIN_MODEL_H_
