// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/expand.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/build/wildcard.h"

namespace runtime::build {
namespace {

constexpr int kDeepestNesting = 100;
/// Replacing takes time quadratic in the value's length.
constexpr std::size_t kLongestReplaced = 16 * 1024;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

tl::unexpected<base::Error> invalid(std::string message, std::string hint = {}) {
  return base::fail(
      base::make_error(base::ErrorClass::Invalid, std::move(message)).with_hint(std::move(hint)));
}

enum class Quoting { Process, Keep };

class Expander {
 public:
  Expander(std::string_view text, char escape, const VariableLookup& lookup, Quoting quoting)
      : text_(text), escape_(escape), lookup_(lookup), quoting_(quoting) {}

  /// Up to `stop` outside of quotes, which is taken; the end of the text when `stop` is 0.
  base::Result<std::string> run(char stop) {
    std::string out;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (stop != 0 && c == stop) {
        ++at_;
        return out;
      }
      if (c == '$') {
        append_value(out, TRY(read_variable()));
      } else if (quoting_ == Quoting::Process && (c == '\'' || c == '"')) {
        out += TRY(c == '"' ? read_double_quoted() : read_single_quoted());
      } else if (c == escape_) {
        read_escape(out);
      } else {
        break_words(c, out);
        out += c;
        ++at_;
      }
    }
    if (stop != 0) return invalid(fmt::format("'{}': a {{ has no }}", text_));
    return out;
  }

  const std::vector<std::size_t>& breaks() const { return breaks_; }
  /// Blanks that separate words, as offsets in the outermost result; only for expand_words.
  void mark_breaks() { marking_ = true; }

 private:
  /// An unquoted blank is remembered as a character that cannot come from anywhere else.
  void break_words(char c, std::string& out) {
    if (marking_ && depth_ == 0 && is_blank(c)) breaks_.push_back(out.size());
  }

  void append_value(std::string& out, const std::string& value) {
    for (const char c : value) {
      break_words(c, out);
      out += c;
    }
  }

  void read_escape(std::string& out) {
    ++at_;
    if (at_ < text_.size()) out += text_[at_++];
  }

  base::Result<std::string> read_single_quoted() {
    const auto end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos) return invalid(fmt::format("{}: a single quote is not closed", text_));
    std::string out(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return out;
  }

  base::Result<std::string> read_double_quoted() {
    std::string out;
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return out;
      }
      if (c == '$') {
        out += TRY(read_variable());
      } else if (c == escape_ && at_ + 1 < text_.size()) {
        const char next = text_[at_ + 1];
        if (next != '"' && next != '$' && next != escape_) out += c;
        out += next;
        at_ += 2;
      } else {
        out += c;
        ++at_;
      }
    }
    return invalid(fmt::format("{}: a double quote is not closed", text_));
  }

  std::string read_name() {
    const std::size_t start = at_;
    if (at_ < text_.size() && is_letter(text_[at_])) {
      while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    } else if (at_ < text_.size() && is_digit(text_[at_])) {
      while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    } else if (at_ < text_.size() && std::string_view("@*#?-$!").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
    return std::string(text_.substr(start, at_ - start));
  }

  base::Result<std::string> read_variable() {
    ++at_;
    if (at_ >= text_.size()) return std::string("$");
    if (text_[at_] == '{') return read_braced();
    const std::string name = read_name();
    if (name.empty()) return std::string("$");
    return lookup_(name).value_or("");
  }

  base::Result<std::string> read_braced() {
    if (depth_ >= kDeepestNesting) return invalid("variables are nested too deep");
    ++depth_;
    auto value = read_braced_body();
    --depth_;
    return value;
  }

  base::Result<std::string> read_braced_body() {
    const std::size_t start = at_ - 1;
    ++at_;
    const std::string name = read_name();
    if (name.empty()) return invalid(fmt::format("'{}': no name after ${{", text_.substr(start)));
    if (at_ >= text_.size()) return invalid(fmt::format("'{}': a {{ has no }}", text_.substr(start)));
    const std::optional<std::string> value = lookup_(name);
    char modifier = text_[at_++];
    if (modifier == '}') return value.value_or("");
    bool set = value.has_value();
    if (modifier == ':') {
      if (at_ >= text_.size()) return invalid(fmt::format("'{}': a {{ has no }}", text_.substr(start)));
      set = set && !value->empty();
      modifier = text_[at_++];
      if (modifier != '-' && modifier != '+' && modifier != '?') {
        return invalid(fmt::format("'{}': unknown modifier ':{}'", text_.substr(start), modifier),
                       "modifiers are :- :+ :? - + ? # ## % %% / //");
      }
    }
    switch (modifier) {
      case '-': {
        std::string other = TRY(run('}'));
        return set ? *value : other;
      }
      case '+': {
        std::string other = TRY(run('}'));
        return set ? other : std::string();
      }
      case '?': {
        const std::string why = TRY(run('}'));
        if (set) return *value;
        return invalid(fmt::format("{}: {}", name, why.empty() ? "not set" : why));
      }
      case '#':
      case '%': return read_removal(modifier, value.value_or(""));
      case '/': return read_replacement(value.value_or(""));
      default:
        return invalid(fmt::format("'{}': unknown modifier '{}'", text_.substr(start), modifier),
                       "modifiers are :- :+ :? - + ? # ## % %% / //");
    }
  }

  base::Result<std::string> read_removal(char side, const std::string& value) {
    const bool longest = at_ < text_.size() && text_[at_] == side;
    if (longest) ++at_;
    const std::string pattern = TRY(run('}'));
    return side == '#' ? remove_front(value, pattern, longest) : remove_end(value, pattern, longest);
  }

  base::Result<std::string> read_replacement(const std::string& value) {
    const bool all = at_ < text_.size() && text_[at_] == '/';
    if (all) ++at_;
    const std::string pattern = TRY(run('/'));
    const std::string replacement = TRY(run('}'));
    if (value.size() > kLongestReplaced) {
      return invalid(fmt::format("${{name/...}}: the value is longer than {} bytes", kLongestReplaced));
    }
    return replace_matches(value, pattern, replacement, all);
  }

  std::string_view text_;
  char escape_;
  const VariableLookup& lookup_;
  Quoting quoting_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool marking_ = false;
  std::vector<std::size_t> breaks_;
};

}  // namespace

base::Result<std::string> expand_word(std::string_view text, char escape, const VariableLookup& lookup) {
  return Expander(text, escape, lookup, Quoting::Process).run(0);
}

base::Result<std::string> expand_text(std::string_view text, char escape, const VariableLookup& lookup) {
  return Expander(text, escape, lookup, Quoting::Keep).run(0);
}

base::Result<std::vector<std::string>> expand_words(std::string_view text, char escape,
                                                    const VariableLookup& lookup) {
  Expander expander(text, escape, lookup, Quoting::Process);
  expander.mark_breaks();
  const std::string whole = TRY(expander.run(0));
  std::vector<std::string> words;
  std::size_t start = 0;
  const auto add = [&](std::size_t end) {
    if (end > start) words.push_back(whole.substr(start, end - start));
    start = end + 1;
  };
  for (const std::size_t at : expander.breaks()) add(at);
  add(whole.size());
  return words;
}

}  // namespace runtime::build
