// SPDX-License-Identifier: Apache-2.0
// Sparse members: the forms in which archives tell of them. GNU tar's manual, Storing Sparse Files.
#include <algorithm>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/image/tar_numbers.h"
#include "runtime/image/tar_reader.h"

namespace runtime::image {
namespace {

/// Of an old GNU header: four pieces, whether a block with more follows, and the size of the whole file.
constexpr std::size_t kEntriesAt = 386, kEntriesSize = 96, kMoreAt = 482, kWholeAt = 483, kWholeSize = 12;
/// Of a block with more pieces: 21 of them, and whether another follows.
constexpr std::size_t kBlockEntriesSize = 504;

tl::unexpected<base::Error> invalid(std::string message) {
  return base::fail(base::ErrorClass::Invalid, "tar: " + std::move(message));
}

std::optional<std::int64_t> find_number(const std::map<std::string, std::string, std::less<>>& fields,
                                        std::string_view key) {
  const auto found = fields.find(key);
  return found == fields.end() ? std::nullopt : parse_pax_number(found->second);
}

}  // namespace

base::Result<std::optional<std::int64_t>> TarReader::read_sparse_map(const Block& block, std::int64_t stored,
                                                                     std::int64_t& map_bytes) {
  SparseMapReader map(limits_.sparse_parts);
  map_bytes = 0;
  std::optional<std::int64_t> size;
  if (block[kTarTypeAt] == 'S') {
    TRY(read_old_map(block, map));
    size = parse_tar_number(std::string_view(block.data() + kWholeAt, kWholeSize));
  } else if (local_.contains("GNU.sparse.major")) {
    if (local_["GNU.sparse.major"] != "1" || local_["GNU.sparse.minor"] != "0")
      return invalid("a sparse file is written in a form that is not known");
    map_bytes = TRY(read_text_map(stored, map));
    size = find_number(local_, "GNU.sparse.realsize");
  } else if (const auto list = local_.find("GNU.sparse.map"); list != local_.end()) {
    TRY(map.add_list(list->second));
    size = find_number(local_, "GNU.sparse.size");
  } else {
    return std::optional<std::int64_t>();
  }
  if (!size || *size < 0) return invalid("a sparse file has a malformed size");
  if (*size > limits_.sparse_size)
    return invalid(
        fmt::format("a sparse file of {} bytes is above the limit of {}", *size, limits_.sparse_size));
  parts_ = TRY(map.finish(*size, stored - map_bytes));
  return size;
}

base::Result<> TarReader::read_old_map(const Block& block, SparseMapReader& map) {
  TRY(map.add_entries(std::string_view(block.data() + kEntriesAt, kEntriesSize)));
  bool more = block[kMoreAt] != '\0';
  while (more) {
    Block next;
    if (!TRY(read_block(next))) return invalid("the archive ends inside a header");
    TRY(map.add_entries(std::string_view(next.data(), kBlockEntriesSize)));
    more = next[kBlockEntriesSize] != '\0';
  }
  return {};
}

base::Result<std::int64_t> TarReader::read_text_map(std::int64_t stored, SparseMapReader& map) {
  std::optional<std::int64_t> wanted;
  std::string line;
  std::int64_t bytes = 0;
  while (!wanted || static_cast<std::int64_t>(map.numbers()) < *wanted) {
    Block block;
    bytes += kTarBlock;
    if (bytes > stored) return invalid("the map of a sparse file is longer than the member");
    if (!TRY(read_block(block))) return invalid("the archive ends inside a member");
    for (const char c : block) {
      if (wanted && static_cast<std::int64_t>(map.numbers()) == *wanted) break;
      constexpr std::size_t kLongestNumber = 20;
      if (c != '\n') {
        if (line.size() == kLongestNumber) return invalid("the map of a sparse file is malformed");
        line += c;
        continue;
      }
      const auto number = parse_pax_number(line);
      line.clear();
      if (wanted) {
        TRY(map.add(number));
      } else if (number && *number >= 0 && *number <= static_cast<std::int64_t>(limits_.sparse_parts)) {
        wanted = 2 * *number;
      } else {
        return invalid("the map of a sparse file is malformed");
      }
    }
  }
  return bytes;
}

}  // namespace runtime::image
