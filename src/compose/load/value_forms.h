// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compose/load/tree_path.h"

namespace compose::load {

/// The canonical type of an attribute's value.
enum class Form {
  Text,            ///< A string; numbers and booleans become their text.
  TextList,        ///< A list of strings; one string becomes a list of it.
  Environment,     ///< A map to strings; null stays ("remove it").
  KeyValues,       ///< A map to strings; null becomes "".
  TextMap,         ///< As KeyValues, but has no list form.
  OptionLists,     ///< A map to lists of strings.
  Command,         ///< A list of words; a string is split.
  HealthTest,      ///< A list; a string becomes CMD-SHELL and itself.
  Hosts,           ///< Sorted "name=ip" entries.
  SshKeys,         ///< "id" or "id=path" entries.
  Duration,        ///< Go's text; zero stays.
  DurationOrNone,  ///< Zero is not set.
  Bytes,           ///< Decimal text of a count of bytes; zero is not set.
  Rate,            ///< As Bytes; zero stays.
  FileMode,        ///< Octal text with a leading zero.
  Integer,         ///< Zero is not set.
  IntegerOrZero,
  Float,      ///< Zero is not set.
  Flag,       ///< false is not set.
  Choice,     ///< A boolean; false differs from not set.
  Count,      ///< An integer or "all", which is -1.
  Structure,  ///< A mapping that is dropped when empty.
};

/// The form of every attribute that has one, by path.
const PathRules<Form>& value_forms();

}  // namespace compose::load
