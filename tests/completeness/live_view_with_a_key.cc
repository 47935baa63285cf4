// error: each row of a live view is that of one stream
#include "till.h"

namespace wallet {

struct Totals : NoteTotalProjection {
  using Ignores = daybook::TypeList<Withdrawn, Closed>;
  static std::string Key(const Deposited& event) { return event.note(); }
  static void On(Row&, const Deposited&) {}
};

const auto projection = daybook::Live<Totals>();

}  // namespace wallet
