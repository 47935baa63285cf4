#include "query_token.h"

#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/uuid.h"
#include "daybook/v1/page.pb.h"

namespace daybook::internal {
namespace {

constexpr char kVersion = '1';
constexpr size_t kCheckBytes = 4;
constexpr size_t kHashBytes = 8;
// More than any token has.
constexpr size_t kMaxTextBytes = 8192;

absl::string_view FirstOf(const Uuid& hash, size_t bytes) {
  return hash.bytes().substr(0, bytes);
}

std::string TextOf(const std::string& bytes) {
  const Uuid check = Uuid::Derive(bytes);
  return absl::StrCat(absl::string_view(&kVersion, 1),
                      absl::WebSafeBase64Escape(absl::StrCat(bytes, FirstOf(check, kCheckBytes))));
}

absl::Status NotAToken(const TokenField& field, absl::string_view why) {
  return InvalidFieldError(field.name, absl::StrCat("as an earlier ", field.source, ": ", why));
}

absl::StatusOr<v1::PageToken> Decode(const TokenField& field, absl::string_view text) {
  const absl::Status damaged = NotAToken(field, "it is damaged");
  if (text.empty() || text.size() > kMaxTextBytes) return damaged;
  if (text[0] != kVersion)
    return NotAToken(field, "it is damaged, or of another version of Daybook");
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(text.substr(1), &bytes) || bytes.size() < kCheckBytes) {
    return damaged;
  }
  bytes.resize(bytes.size() - kCheckBytes);
  // The same bytes may have another text too.
  if (TextOf(bytes) != text) return damaged;
  v1::PageToken token;
  if (!token.ParseFromString(bytes)) return damaged;
  return token;
}

std::string WordsFor(absl::string_view index) {
  return index.empty() ? "by key" : absl::StrCat("by index ", index);
}

}  // namespace

std::string HashOfRows(absl::Span<const absl::string_view> parts) {
  std::string text;
  for (const absl::string_view part : parts) absl::StrAppend(&text, part.size(), ":", part);
  return std::string(FirstOf(Uuid::Derive(text), kHashBytes));
}

std::string TokenText(const TokenQuery& query, absl::string_view place) {
  v1::PageToken token;
  token.set_view(query.view);
  token.set_index(query.index);
  token.set_query(query.rows);
  token.set_place(place.data(), place.size());
  return TextOf(EncodeMessage(token));
}

absl::StatusOr<std::string> ParseToken(const TokenField& field, const TokenQuery& query,
                                       absl::string_view text) {
  absl::StatusOr<v1::PageToken> token = Decode(field, text);
  if (!token.ok()) return std::move(token).status();
  if (token->view() != query.view) {
    return NotAToken(field, absl::StrCat("it is of view ", absl::CHexEscape(token->view()),
                                         ", not of ", query.view));
  }
  if (token->index() != query.index) {
    return NotAToken(field, absl::StrCat("it goes on ", absl::CHexEscape(WordsFor(token->index())),
                                         ", not ", WordsFor(query.index)));
  }
  if (token->query() != query.rows) {
    return NotAToken(field, "it is of another query, whose values or bounds are others");
  }
  return std::move(*token->mutable_place());
}

}  // namespace daybook::internal
