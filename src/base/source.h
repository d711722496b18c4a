// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace base {

/// A text that was read: a Compose file, an env file, a Dockerfile.
/// Owned by whoever read it; must outlive every Span that points into it.
struct Source {
  std::string name;  ///< As shown to the user: a path relative to the working directory, or "-".
  std::string text;

  /// The line `line` (1-based) without its line end; empty when out of range.
  std::string_view line(std::uint32_t line) const;
};

/// A range in a Source. Lines and columns are 1-based; columns count bytes.
/// `source == nullptr` means the value came from no text (a default, a flag).
struct Span {
  const Source* source = nullptr;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;  ///< Bytes to mark on `line`; at least 1.
};

/// A self-contained copy of what a Span shows, so that an Error may outlive its Source.
struct Location {
  std::string file;
  std::uint32_t line = 0;  ///< 0 when only the file is known.
  std::uint32_t column = 0;
  std::uint32_t length = 1;
  std::string line_text;
};

/// Copies what `span` points at. A span without a source gives an empty Location.
Location make_location(const Span& span);

}  // namespace base
