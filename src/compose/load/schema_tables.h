// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// schemas/compose-spec.json as constant tables; the definitions are generated at build time.
namespace compose::load::schema_tables {

enum TypeBit : int {
  kNull = 1,
  kBoolean = 2,
  kInteger = 4,
  kNumber = 8,
  kString = 16,
  kArray = 32,
  kObject = 64
};

/// The regular expressions that the schema uses.
enum class Pattern : unsigned char { None, Name, LowerCase, ContainerName, PullPolicy };

/// A run of entries in one of the tables below.
struct Range {
  short first, count;
};

struct Property {
  std::string_view name;
  short node;
};

inline constexpr short kAny = -1, kForbidden = -2;

struct Node {
  int types;             ///< Bits of TypeBit; 0: any type.
  Range properties;      ///< In kProperties, sorted by name.
  Range required;        ///< In kTexts.
  Range values;          ///< In kTexts: the allowed strings; empty: any.
  Range alternatives;    ///< In kAlternatives; they differ in type.
  short items;           ///< Node of a list's items, or kAny.
  short pattern_values;  ///< Node of values whose keys match `key_pattern`, or kAny.
  short additional;      ///< Node of other values, or kAny, or kForbidden.
  Pattern pattern, key_pattern;
  bool extensions, unique, has_range;
  double least, most;
};

extern const Property kProperties[];
extern const std::string_view kTexts[];
extern const short kAlternatives[];
extern const Node kNodes[];
extern const int kRoot;

}  // namespace compose::load::schema_tables
