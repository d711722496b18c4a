// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compose/load/tree.h"

namespace compose::load {

/// Gives a plain (unquoted) YAML scalar its type, by YAML 1.2's core schema with the extensions Go's
/// reader has: `017` is octal, `_` between digits is dropped, timestamps are recognised, base 60 and
/// yes/no/on/off are not.
Tree resolve_plain_scalar(std::string_view text, const base::Span& span);

/// Go's integer syntax: sign, 0x, 0o, 0b, leading 0 for octal, underscores.
std::optional<std::int64_t> parse_integer(std::string_view text);
/// true and false, and the yes, no, on, off, y, n of old files; in any case of letters.
std::optional<bool> parse_boolean(std::string_view text);
/// A decimal floating-point number, .inf or .nan.
std::optional<double> parse_float(std::string_view text);

/// Shortest text that reads back as `value`, as Go prints it: "1", "1.5", "1e+06".
std::string float_text(double value);

/// A YAML timestamp as RFC 3339 has it: "2024-01-01T00:00:00Z".
std::string rfc3339_text(std::string_view text);
/// A YAML timestamp as Go prints it in an environment: "2024-01-01 00:00:00 +0000 UTC".
std::string timestamp_text(std::string_view text);

}  // namespace compose::load
