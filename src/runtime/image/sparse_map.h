// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace runtime::image {

/// A piece of a sparse file that the archive holds; what lies between two pieces are zeros.
struct SparsePart {
  std::int64_t offset = 0, length = 0;
  bool operator==(const SparsePart&) const = default;
};
using SparseMap = std::vector<SparsePart>;

/// Takes a map's numbers in the order of the archive: offset, length, offset, length. GNU tar's manual,
/// Storing Sparse Files.
class SparseMapReader {
 public:
  explicit SparseMapReader(std::size_t most_parts) : most_parts_(most_parts) {}

  /// One number; Invalid when there are too many, or when it is none.
  base::Result<> add(std::optional<std::int64_t> number);
  /// "1,2,3,4": GNU.sparse.map.
  base::Result<> add_list(std::string_view text);
  /// Entries of an old GNU header, 24 bytes each; an empty one ends them.
  base::Result<> add_entries(std::string_view entries);
  std::size_t numbers() const { return numbers_.size(); }

  /// The map of a file of `size` bytes of which the archive holds `stored`: without empty pieces. Invalid:
  /// pieces that overlap, run backwards or beyond the end, or hold another number of bytes.
  base::Result<SparseMap> finish(std::int64_t size, std::int64_t stored) const;

 private:
  std::size_t most_parts_;
  std::vector<std::int64_t> numbers_;
};

}  // namespace runtime::image
