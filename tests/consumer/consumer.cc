// Uses what an installed Daybook offers, from outside. Exits 0 when it works.
#include <cstdio>

#include "daybook/core/stream_name.h"
#include "daybook/core/uuid.h"

int main() {
  const daybook::CommandId id = daybook::CommandId::Derive("consumer");
  const bool sound = daybook::ValidateStreamName(daybook::StreamNameOf("account", "7")).ok() &&
                     daybook::CommandId::Parse(id.ToString()).value() == id;
  std::printf("%s\n", sound ? "ok" : "broken");
  return sound ? 0 : 1;
}
