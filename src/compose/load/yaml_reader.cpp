// SPDX-License-Identifier: Apache-2.0
// The one file that knows yaml-cpp: its events become our tree, its exceptions our errors.
#include "compose/load/yaml_reader.h"

#include <algorithm>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>
#include <yaml-cpp/binary.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/diagnostics.h"
#include "compose/load/scalar.h"
#include "compose/load/utf8.h"
#include "compose/load/yaml_messages.h"

namespace compose::load {
namespace {

using base::Diagnostics;
using base::ErrorClass;
using base::Span;

std::size_t count_nodes(const Tree& node) {
  std::size_t count = 1;
  for (const Tree& item : node.items) count += count_nodes(item);
  for (const Entry& entry : node.entries) count += count_nodes(entry.value);
  return count;
}

/// yaml-cpp 0.7 writes the escapes \\N and \\_ as single bytes, which are no UTF-8.
std::string repair_escapes(std::string text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(std::string_view(text).substr(i));
    if (length == 0) text.insert(i, 1, '\xC2');
    i += length == 0 ? 2 : length;
  }
  return text;
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const base::Source& source, Diagnostics& diagnostics)
      : source_(source), diagnostics_(diagnostics) {}

  std::vector<Tree> take_documents() { return std::move(documents_); }
  /// The text ended within quotes: a syntax error at its end only follows from that.
  bool has_open_quote() const { return has_open_quote_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    // yaml-cpp 0.7 begins documents without end at a token that cannot begin one, such as a lone comma
    if (mark.pos == document_start_) throw YAML::ParserException(mark, "unknown token");
    document_start_ = mark.pos;
    stack_.clear();
    anchors_.clear();
    written_nodes_ = alias_nodes_ = 0;
    refused_ = false;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(Tree::null(span_at(mark, 1)), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const Span span = span_at(mark, 0);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      error(span, "alias refers to the value that contains it", "an anchor can be used only after its value");
      return add(Tree::null(span), 0);
    }
    alias_nodes_ += found->second.nodes;
    if (alias_nodes_ > kMaxAliasNodes + 20 * written_nodes_) {
      if (!refused_)
        error(span, fmt::format("aliases expand to more than {} values", kMaxAliasNodes),
              "write the values out, or nest fewer aliases");
      refused_ = true;
      return add(Tree::null(span), 0);
    }
    add(Tree(found->second.tree), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const Span span = span_at(mark, value.size());
    if (tag == "?") return add(resolve_plain_scalar(value, span), anchor);
    const std::size_t start = text_start(mark);
    const bool resets = tag == "!reset" || tag == "!override";
    const bool quoted = tag == "!" || (resets && is_quoted(start));
    Tree node = resets && !quoted ? resolve_plain_scalar(value, span) : resolve_tagged(tag, value, span);
    node.quoted = quoted;
    node.tag = merge_tag(tag);
    node.text = repair_escapes(std::move(node.text));
    if (tag == "tag:yaml.org,2002:binary") decode_binary(node);
    if (!is_closed(start)) {
      error(span, "a quoted text is not closed", "add the missing quote");
      has_open_quote_ = true;
    }
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Tree::sequence(span_at(mark, 1)), tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Tree::mapping(span_at(mark, 1)), tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override {
    merge_keys(stack_.back().node);
    close();
  }

 private:
  void decode_binary(Tree& node) {
    const std::vector<unsigned char> bytes = YAML::DecodeBase64(node.text);
    const bool is_base64 = !bytes.empty() || node.text.empty();
    node.text.assign(bytes.begin(), bytes.end());
    if (!is_base64 || repair_escapes(node.text) != node.text)
      error(node.span, "!!binary must stand before text in base64", "remove the tag if it is plain text");
  }

  struct Anchored {
    Tree tree;
    std::size_t nodes = 0;
  };
  struct Open {
    Tree node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;
    bool key_is_bad = false;
    std::string key;
    Span key_span;
    std::unordered_map<std::string, std::uint32_t> lines;  ///< Of the keys so far, once there are many.
    std::size_t indexed = 0;                               ///< Entries that are in `lines`.
  };

  static MergeTag merge_tag(const std::string& tag) {
    if (tag == "!reset") return MergeTag::Reset;
    return tag == "!override" ? MergeTag::Override : MergeTag::None;
  }

  static Tree resolve_tagged(const std::string& tag, const std::string& value, const Span& span) {
    constexpr std::string_view kCore = "tag:yaml.org,2002:";
    if (!tag.starts_with(kCore) || tag.ends_with(":str") || tag.ends_with(":binary")) {
      return Tree::string(value, span);
    }
    Tree node = resolve_plain_scalar(value, span);
    if (tag.ends_with(":float") && node.kind == Kind::Int) {
      node = Tree::floating(static_cast<double>(node.int_value), span);
    }
    return node;
  }

  /// Where the text of a scalar begins: a mark stands at its tag or anchor when it has one.
  std::size_t text_start(const YAML::Mark& mark) const {
    const std::string& text = source_.text;
    auto i = static_cast<std::size_t>(std::max(mark.pos, 0));
    while (i < text.size() && (text[i] == '!' || text[i] == '&')) {
      while (i < text.size() && static_cast<unsigned char>(text[i]) > ' ') ++i;
      while (i < text.size() && static_cast<unsigned char>(text[i]) <= ' ') ++i;
    }
    return i;
  }

  bool is_quoted(std::size_t start) const {
    const char c = start < source_.text.size() ? source_.text[start] : '\0';
    return c == '"' || c == '\'' || c == '|' || c == '>';
  }

  /// The library takes the end of the text for a closing quote.
  bool is_closed(std::size_t at) const {
    const std::string& text = source_.text;
    const char quote = at < text.size() ? text[at] : '\0';
    if (quote != '"' && quote != '\'') return true;
    for (std::size_t i = at + 1; i < text.size(); ++i) {
      if (text[i] == '\\' && quote == '"')
        ++i;
      else if (text[i] == quote && quote == '\'' && i + 1 < text.size() && text[i + 1] == quote)
        ++i;
      else if (text[i] == quote)
        return true;
    }
    return false;
  }

  Span span_at(const YAML::Mark& mark, std::size_t length) const {
    Span span{&source_, static_cast<std::uint32_t>(mark.line + 1),
              static_cast<std::uint32_t>(mark.column + 1), 1};
    const auto at = static_cast<std::size_t>(std::max(mark.pos, 0));
    const std::string_view text = source_.text;
    if (at >= text.size()) return span;
    const auto line_end = std::min(text.find_first_of("\r\n", at), text.size());
    const std::string_view rest = text.substr(at, line_end - at);
    if (rest.empty()) return span;
    std::size_t end = length;
    if (rest[0] == '"' || rest[0] == '\'') {
      end = rest.find(rest[0], 1);
      end = end == std::string_view::npos ? rest.size() : end + 1;
    } else if (rest[0] == '!' || rest[0] == '&' || rest[0] == '*') {
      end = rest.find_first_of(" ,]}\t");
    }
    span.length = static_cast<std::uint32_t>(std::clamp<std::size_t>(end, 1, rest.size()));
    return span;
  }

  void error(const Span& span, std::string message, std::string hint) {
    diagnostics_.error(
        base::make_error(ErrorClass::Invalid, std::move(message)).at(span).with_hint(std::move(hint)));
  }

  void open(Tree node, const std::string& tag, YAML::anchor_t anchor) {
    node.tag = merge_tag(tag);
    stack_.push_back({.node = std::move(node), .anchor = anchor, .key = {}, .key_span = {}, .lines = {}});
  }

  void close() {
    Open done = std::move(stack_.back());
    stack_.pop_back();
    add(std::move(done.node), done.anchor);
  }

  void add(Tree node, YAML::anchor_t anchor) {
    ++written_nodes_;
    if (anchor != 0) anchors_[anchor] = {node, count_nodes(node)};
    if (stack_.empty()) {
      documents_.push_back(std::move(node));
      return;
    }
    Open& parent = stack_.back();
    if (parent.node.is_sequence()) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      take_key(parent, std::move(node));
    } else {
      parent.has_key = false;
      // a value that is not there has no place: its key stands for it
      if (node.is_null() && node.text.empty() && node.span.line != parent.key_span.line)
        node.span = parent.key_span;
      if (!parent.key_is_bad)
        parent.node.entries.push_back({std::move(parent.key), parent.key_span, std::move(node)});
    }
  }

  void take_key(Open& parent, Tree key) {
    parent.has_key = true;
    parent.key_span = key.span;
    parent.key_is_bad = !key.is_string();
    if (parent.key_is_bad) {
      error(key.span, fmt::format("a key must be a string, not {}", to_text(key.kind)),
            key.is_scalar() ? fmt::format("put the key in quotes: \"{}\"", key.text) : "");
      return;
    }
    const std::uint32_t first = find_line(parent, key.text);
    if (first != 0) {
      error(key.span, fmt::format("the key \"{}\" is already defined at line {}", key.text, first),
            "remove one of the two");
      parent.key_is_bad = true;
    }
    parent.key = std::move(key.text);
  }

  /// Line of `key` in `parent`, 0 when new. Large mappings get an index.
  static std::uint32_t find_line(Open& parent, const std::string& key) {
    constexpr std::size_t kSmall = 16;
    const auto& entries = parent.node.entries;
    if (entries.size() < kSmall) {
      const Entry* entry = parent.node.find_entry(key);
      return entry == nullptr ? 0 : entry->key_span.line;
    }
    for (; parent.indexed < entries.size(); ++parent.indexed) {
      const Entry& entry = entries[parent.indexed];
      parent.lines.emplace(entry.key, entry.key_span.line);
    }
    const auto found = parent.lines.find(key);
    return found == parent.lines.end() ? 0 : found->second;
  }

  void merge_keys(Tree& node) {
    const auto is_merge = [](const Entry& entry) { return entry.key == "<<"; };
    if (std::ranges::none_of(node.entries, is_merge)) return;
    std::vector<Entry> own, merged;
    for (Entry& entry : node.entries) (is_merge(entry) ? merged : own).push_back(std::move(entry));
    std::unordered_set<std::string> known;
    for (const Entry& entry : own) known.insert(entry.key);
    node.entries = std::move(own);
    const auto lay_under = [&](Tree& from, const Span& at) {
      if (!from.is_mapping()) {
        return error(at,
                     fmt::format("<< must merge a mapping or a list of mappings, not {}", to_text(from.kind)),
                     "let it refer to the anchor of a mapping");
      }
      for (Entry& entry : from.entries) {
        if (known.insert(entry.key).second) node.entries.push_back(std::move(entry));
      }
    };
    for (Entry& entry : merged) {
      if (!entry.value.is_sequence()) {
        lay_under(entry.value, entry.key_span);
        continue;
      }
      for (Tree& item : entry.value.items) lay_under(item, entry.key_span);
    }
  }

  const base::Source& source_;
  Diagnostics& diagnostics_;
  std::vector<Tree> documents_;
  std::vector<Open> stack_;
  std::unordered_map<YAML::anchor_t, Anchored> anchors_;
  std::size_t written_nodes_ = 0, alias_nodes_ = 0;
  bool refused_ = false, has_open_quote_ = false;
  int document_start_ = -1;
};

}  // namespace

base::Result<std::vector<Tree>> read_yaml(const base::Source& source) {
  Diagnostics diagnostics;
  TreeBuilder builder(source, diagnostics);
  if (auto bad = find_bad_character(source)) return base::fail(*std::move(bad));
  try {
    std::istringstream stream(source.text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& exception) {
    if (builder.has_open_quote()) return base::fail(diagnostics.errors().back());
    // what the builder found before may only follow from the syntax error
    return base::fail(explain_syntax_error(source, exception.msg,
                                           static_cast<std::uint32_t>(exception.mark.line + 1),
                                           static_cast<std::uint32_t>(exception.mark.column + 1)));
  }
  TRY(diagnostics.checkpoint());
  std::vector<Tree> documents = builder.take_documents();
  std::erase_if(documents, [](const Tree& document) { return document.is_null(); });
  return documents;
}

}  // namespace compose::load
