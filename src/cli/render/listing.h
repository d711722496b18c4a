// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace cli {

/// A list to show: its rows are JSON objects, one line each; its columns name members of them.
struct Listing {
  struct Column {
    std::string title, key;
  };
  std::vector<Column> columns;
  std::vector<std::string> rows;
  std::size_t least_width = 0;  ///< Of a column: see make_table().
};

/// `--format`: "table" (or ""), "json" (one object a line), "table TEMPLATE" or TEMPLATE: see
/// expand_template(). Ends with a line feed unless it is empty.
base::Result<std::string> format_listing(const Listing& listing, std::string_view format);

/// An object of texts, on one line, in this order.
std::string to_json_object(const std::vector<std::pair<std::string, std::string>>& members);
/// An array of texts, on one line.
std::string to_json_array(const std::vector<std::string>& items);

}  // namespace cli
