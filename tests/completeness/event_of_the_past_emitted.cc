// error: Emit: this is no event of the aggregate; its .proto names its events
#include "safe.h"

namespace safe {

const SafeAggregate::Decision decision = daybook::Emit<FilledV1>();

}  // namespace safe
