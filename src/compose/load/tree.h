// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"

namespace compose::load {

struct Provenance;
struct Entry;

/// What a node is after scalar resolution (compose-spec uses YAML 1.2 core, with Go's octal forms).
enum class Kind : std::uint8_t { Null, Bool, Int, Float, String, Timestamp, Sequence, Mapping };

/// "null", "a boolean", "a number", "a string", "a list", "a mapping": for messages.
std::string_view to_text(Kind kind);

/// `!reset` removes the value of earlier files, `!override` replaces it unmerged.
enum class MergeTag : std::uint8_t { None, Reset, Override };

/// One node of a Compose file: value and position. Plain data; copies are deep.
struct Tree {
  Kind kind = Kind::Null;
  MergeTag tag = MergeTag::None;
  bool quoted = false;      ///< Written in quotes or as a block scalar.
  bool bool_value = false;  ///< Kind::Bool.
  std::int64_t int_value = 0;
  double float_value = 0;
  std::string text;                        ///< String: the value. Other scalars: as written.
  std::vector<Tree> items;                 ///< Sequence.
  std::vector<Entry> entries;              ///< Mapping, in the order of the file; keys are unique.
  base::Span span;                         ///< No source: a default, or made by a pass.
  const Provenance* provenance = nullptr;  ///< How the value came about, when not simply as written.

  bool is_null() const { return kind == Kind::Null; }
  bool is_string() const { return kind == Kind::String; }
  bool is_sequence() const { return kind == Kind::Sequence; }
  bool is_mapping() const { return kind == Kind::Mapping; }
  bool is_scalar() const { return kind != Kind::Sequence && kind != Kind::Mapping; }

  /// The value under `key`; nullptr when this is no mapping or has no such key.
  const Tree* find(std::string_view key) const;
  Tree* find(std::string_view key);
  const Entry* find_entry(std::string_view key) const;
  /// As find, but an explicit null counts as absent.
  const Tree* find_value(std::string_view key) const;
  /// Text of the string under `key`, or empty.
  std::string_view text_of(std::string_view key) const;

  /// Sets `key`, keeping its place when it is there. Returns the stored node.
  Tree& set(std::string_view key, Tree value);
  Tree& set(std::string_view key, const base::Span& key_span, Tree value);
  bool erase(std::string_view key);

  static Tree null(const base::Span& at = {});
  static Tree boolean(bool value, const base::Span& at = {});
  static Tree integer(std::int64_t value, const base::Span& at = {});
  static Tree floating(double value, const base::Span& at = {});
  static Tree string(std::string_view value, const base::Span& at = {});
  static Tree sequence(const base::Span& at = {});
  static Tree mapping(const base::Span& at = {});
};

/// One key of a mapping with its value.
struct Entry {
  std::string key;
  base::Span key_span;
  Tree value;
};

/// The value as text the way Go prints it in an environment: true, 15, 1.5, text; empty for null and
/// collections.
std::string scalar_text(const Tree& node);

/// Same data: kinds and values, order of mappings ignored, positions ignored.
bool same_data(const Tree& a, const Tree& b);

}  // namespace compose::load
