// What a reply carries so that a later query can wait for what it wrote.
#ifndef DAYBOOK_CORE_TOKEN_H_
#define DAYBOOK_CORE_TOKEN_H_

#include <compare>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/position.h"

namespace daybook {

// A query that is given it sees at least everything up to it. A plain value; its text form may be
// handed to a client and back.
class Token {
 public:
  constexpr Token() = default;
  constexpr explicit Token(Position position) : position_(position) {}
  constexpr Position position() const { return position_; }

  std::string ToString() const { return position_.ToString(); }
  static absl::StatusOr<Token> Parse(absl::string_view text) {
    absl::StatusOr<Position> position = Position::Parse(text);
    if (!position.ok()) return std::move(position).status();
    return Token(*position);
  }
  friend constexpr auto operator<=>(const Token&, const Token&) = default;

 private:
  Position position_;
};

}  // namespace daybook

#endif  // DAYBOOK_CORE_TOKEN_H_
