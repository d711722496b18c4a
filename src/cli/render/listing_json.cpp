// SPDX-License-Identifier: Apache-2.0
#include "cli/render/listing.h"

#include <nlohmann/json.hpp>

#include "base/split.h"
#include "cli/render/table.h"
#include "cli/render/template_text.h"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

/// "CREATED SINCE" for "CreatedSince".
std::string title_of(const Listing& listing, const std::string& field) {
  for (const Listing::Column& column : listing.columns) {
    if (column.key == field) return column.title;
  }
  std::string out;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const bool upper = field[i] >= 'A' && field[i] <= 'Z';
    const bool after_lower = i > 0 && field[i - 1] >= 'a' && field[i - 1] <= 'z';
    if (upper && after_lower) out += ' ';
    out += field[i] >= 'a' && field[i] <= 'z' ? static_cast<char>(field[i] - 'a' + 'A') : field[i];
  }
  return out;
}

std::vector<std::string> cells_of(const Listing& listing, const std::string& row) {
  const Json object = Json::parse(row, nullptr, false);
  std::vector<std::string> out;
  for (const Listing::Column& column : listing.columns) {
    const auto found = object.find(column.key);
    if (found == object.end()) {
      out.emplace_back();
    } else {
      out.push_back(found->is_string() ? found->get<std::string>() : found->dump());
    }
  }
  return out;
}

base::Result<std::string> table_by_template(const Listing& listing, std::string_view text) {
  std::vector<std::pair<std::string, std::string>> titles;
  for (const std::string& field : TRY(template_fields(text))) {
    titles.emplace_back(field, title_of(listing, field));
  }
  const std::string header = TRY(expand_template(text, to_json_object(titles)));
  std::vector<std::vector<std::string>> rows;
  for (const std::string& row : listing.rows) {
    rows.push_back(base::split(TRY(expand_template(text, row)), '\t'));
  }
  return make_table(base::split(header, '\t'), rows, listing.least_width);
}

}  // namespace

base::Result<std::string> format_listing(const Listing& listing, std::string_view format) {
  constexpr std::string_view kTable = "table ";
  if (format.starts_with(kTable)) return table_by_template(listing, format.substr(kTable.size()));
  if (format.empty() || format == "table") {
    std::vector<std::string> header;
    std::vector<std::vector<std::string>> rows;
    for (const Listing::Column& column : listing.columns) header.push_back(column.title);
    for (const std::string& row : listing.rows) rows.push_back(cells_of(listing, row));
    return make_table(header, rows, listing.least_width);
  }
  std::string out;
  for (const std::string& row : listing.rows) {
    out += (format == "json" ? row : TRY(expand_template(format, row))) + "\n";
  }
  return out;
}

std::string to_json_object(const std::vector<std::pair<std::string, std::string>>& members) {
  Json out = Json::object();
  for (const auto& [key, value] : members) out[key] = value;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_json_array(const std::vector<std::string>& items) {
  return Json(items).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace cli
