// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/sparse_map.h"

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/image/tar_numbers.h"

namespace runtime::image {
namespace {

tl::unexpected<base::Error> invalid(std::string message) {
  return base::fail(base::ErrorClass::Invalid, "tar: " + std::move(message));
}

}  // namespace

base::Result<> SparseMapReader::add(std::optional<std::int64_t> number) {
  if (!number || *number < 0) return invalid("the map of a sparse file is malformed");
  if (numbers_.size() >= 2 * most_parts_)
    return invalid(fmt::format("a sparse file has more than {} pieces", most_parts_));
  numbers_.push_back(*number);
  return {};
}

base::Result<> SparseMapReader::add_list(std::string_view text) {
  while (!text.empty()) {
    const auto [number, rest] = base::split_once(text, ',');
    TRY(add(parse_pax_number(number)));
    text = rest;
  }
  return {};
}

base::Result<> SparseMapReader::add_entries(std::string_view entries) {
  constexpr std::size_t kNumber = 12;
  for (; entries.size() >= 2 * kNumber; entries.remove_prefix(2 * kNumber)) {
    if (entries.front() == '\0') return {};
    TRY(add(parse_tar_number(entries.substr(0, kNumber))));
    TRY(add(parse_tar_number(entries.substr(kNumber, kNumber))));
  }
  return {};
}

base::Result<SparseMap> SparseMapReader::finish(std::int64_t size, std::int64_t stored) const {
  if (numbers_.size() % 2 != 0) return invalid("the map of a sparse file is malformed");
  SparseMap out;
  std::int64_t end = 0, sum = 0;
  for (std::size_t i = 0; i < numbers_.size(); i += 2) {
    const SparsePart part{numbers_[i], numbers_[i + 1]};
    // Compared without a sum that could overflow.
    if (part.offset < end) return invalid("pieces of a sparse file overlap");
    if (part.offset > size || part.length > size - part.offset)
      return invalid("a sparse file has a piece beyond its end");
    end = part.offset + part.length;
    sum += part.length;
    if (part.length > 0) out.push_back(part);
  }
  if (sum != stored) {
    return invalid(
        fmt::format("the pieces of a sparse file make {} bytes, the archive holds {}", sum, stored));
  }
  return out;
}

}  // namespace runtime::image
