// SPDX-License-Identifier: Apache-2.0
#include "compose/load/substitute.h"

#include <optional>

#include <fmt/format.h>

namespace compose::load {
namespace {

using base::ErrorClass;

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_char(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

std::string_view leading_name(std::string_view text) {
  std::size_t end = 0;
  if (!text.empty() && is_name_start(text[0])) {
    while (end < text.size() && is_name_char(text[end])) ++end;
  }
  return text.substr(0, end);
}

/// Position of the } that closes the { at `text[0]`; npos when there is none.
std::size_t find_closing_brace(std::string_view text) {
  int open = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') ++open;
    if (text[i] == '}' && --open == 0) return i;
  }
  return std::string_view::npos;
}

/// What stands between the braces of ${...}; nullopt when it is malformed.
std::optional<VariableReference> parse_reference(std::string_view inside) {
  VariableReference reference{.name = std::string(leading_name(inside)), .word = {}};
  if (reference.name.empty()) return std::nullopt;
  std::string_view rest = inside.substr(reference.name.size());
  if (rest.empty()) return reference;
  if (rest[0] == ':') {
    reference.colon = true;
    rest.remove_prefix(1);
  }
  if (rest.empty() || (rest[0] != '-' && rest[0] != '?' && rest[0] != '+')) return std::nullopt;
  reference.operation = rest[0];
  reference.word = rest.substr(1);
  return reference;
}

/// One piece of a text: literal, or a reference.
struct Piece {
  std::string_view literal;
  std::optional<VariableReference> reference;
  std::string_view malformed;  ///< The "${..." that cannot be read.
};

/// Takes the next piece off the front of `rest`.
Piece take_piece(std::string_view& rest) {
  const auto take = [&](std::size_t count) {
    const std::string_view taken = rest.substr(0, count);
    rest.remove_prefix(taken.size());
    return taken;
  };
  const auto dollar = rest.find('$');
  if (dollar != 0) return {.literal = take(dollar), .reference = {}, .malformed = {}};
  if (rest.size() > 1 && rest[1] == '$') {
    return {.literal = take(2).substr(1), .reference = {}, .malformed = {}};
  }
  if (rest.size() > 1 && rest[1] == '{') {
    const auto close = find_closing_brace(rest.substr(1));
    if (close == std::string_view::npos)
      return {.literal = {}, .reference = {}, .malformed = take(rest.size())};
    const std::string_view whole = take(close + 2);
    auto reference = parse_reference(whole.substr(2, whole.size() - 3));
    if (!reference) return {.literal = {}, .reference = {}, .malformed = whole};
    return {.literal = {}, .reference = std::move(reference), .malformed = {}};
  }
  const std::string_view name = leading_name(rest.substr(1));
  if (name.empty()) return {.literal = take(1), .reference = {}, .malformed = {}};
  take(name.size() + 1);
  return {
      .literal = {}, .reference = VariableReference{.name = std::string(name), .word = {}}, .malformed = {}};
}

class Substituter {
 public:
  Substituter(const VariableLookup& find, Substitution& result) : find_(find), result_(result) {}

  base::Result<std::string> expand(std::string_view text, int depth) {
    if (depth > kMaxNesting) {
      return base::fail(ErrorClass::Invalid,
                        fmt::format("variables nest deeper than {} levels", kMaxNesting));
    }
    std::string out;
    while (!text.empty()) {
      Piece piece = take_piece(text);
      if (!piece.malformed.empty()) return malformed(piece.malformed);
      out += piece.reference ? TRY(evaluate(*piece.reference, depth)) : std::string(piece.literal);
      if (out.size() > kMaxText) {
        return base::fail(ErrorClass::Invalid,
                          fmt::format("with its variables the value is longer than {} bytes", kMaxText));
      }
    }
    return out;
  }

 private:
  static tl::unexpected<base::Error> malformed(std::string_view part) {
    return base::fail(base::make_error(ErrorClass::Invalid, fmt::format("malformed variable \"{}\"", part))
                          .with_hint("write ${NAME} or ${NAME:-default}; $$ stands for a literal $"));
  }

  void record(const VariableReference& reference, const Variable* variable, VariableUse::Outcome outcome) {
    result_.uses.push_back({reference.name, outcome, variable == nullptr ? "" : variable->origin});
  }

  base::Result<std::string> evaluate(const VariableReference& reference, int depth) {
    using Outcome = VariableUse::Outcome;
    const Variable* variable = find_(reference.name);
    const bool present = variable != nullptr && !(reference.colon && variable->value.empty());
    if (reference.operation == '+') {
      record(reference, variable, present ? Outcome::Alternate : Outcome::Unset);
      return present ? expand(reference.word, depth + 1) : base::Result<std::string>("");
    }
    if (present) {
      record(reference, variable, Outcome::Value);
      return variable->value;
    }
    if (reference.operation == '-') {
      record(reference, nullptr, Outcome::Default);
      return expand(reference.word, depth + 1);
    }
    if (reference.operation == '?') {
      const std::string message = TRY(expand(reference.word, depth + 1));
      return base::fail(base::make_error(ErrorClass::Invalid,
                                         fmt::format("required variable {} is missing a value{}{}",
                                                     reference.name, message.empty() ? "" : ": ", message))
                            .with_hint(fmt::format("set {} in the environment or in .env", reference.name)));
    }
    record(reference, nullptr, Outcome::Unset);
    result_.unset.push_back(reference.name);
    return "";
  }

  const VariableLookup& find_;
  Substitution& result_;
};

void collect_references(std::string_view text, int depth, std::vector<VariableReference>& out) {
  while (!text.empty() && depth <= kMaxNesting) {
    Piece piece = take_piece(text);
    if (!piece.reference) continue;
    const std::string word = piece.reference->word;
    out.push_back(*std::move(piece.reference));
    collect_references(word, depth + 1, out);
  }
}

}  // namespace

base::Result<Substitution> substitute(std::string_view text, const VariableLookup& find) {
  Substitution result;
  result.text = TRY(Substituter(find, result).expand(text, 0));
  return result;
}

std::vector<VariableReference> find_references(std::string_view text) {
  std::vector<VariableReference> references;
  collect_references(text, 0, references);
  return references;
}

}  // namespace compose::load
