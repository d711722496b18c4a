// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/name_record.h"

#include <fmt/format.h>

#include "base/split.h"
#include "sys/file.h"

namespace runtime::network {
namespace {

constexpr std::size_t kLongestFileName = 255;
constexpr std::size_t kLongestName = 200;
constexpr std::size_t kFixedFields = 3;

std::string to_hex(const std::optional<IpAddress>& address) {
  std::string text;
  if (!address) return text;
  for (const char byte : address->data()) text += fmt::format("{:02x}", static_cast<std::uint8_t>(byte));
  return text;
}

bool from_hex(std::string_view text, IpFamily family, std::optional<IpAddress>& out) {
  out.reset();
  if (text.empty()) return true;
  IpAddress address;
  address.family = family;
  if (text.size() != address.bits() / 4) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return false;
    address.bytes[i / 2] = static_cast<std::uint8_t>(address.bytes[i / 2] * 16 + digit);
  }
  out = address;
  return true;
}

}  // namespace

bool is_resolvable_name(std::string_view name) {
  for (const char c : name) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c == '.';
    if (!good) return false;
  }
  return !name.empty() && name.size() <= kLongestName;
}

std::vector<std::string> encode_names(const NameRecord& record) {
  const std::string start =
      fmt::format("{},{},{}", record.container, to_hex(record.ipv4), to_hex(record.ipv6));
  std::vector<std::string> files = {start};
  for (const std::string& name : record.names) {
    const bool first = files.back().size() == start.size();
    if (!first && files.back().size() + 1 + name.size() > kLongestFileName) files.push_back(start);
    files.back() += "," + base::to_lower(name);
  }
  return files;
}

std::optional<NameRecord> decode_names(std::string_view file_name) {
  std::vector<std::string> fields = base::split(file_name, ',');
  NameRecord record;
  if (fields.size() < kFixedFields || fields[0].empty()) return std::nullopt;
  record.container = fields[0];
  if (!from_hex(fields[1], IpFamily::V4, record.ipv4)) return std::nullopt;
  if (!from_hex(fields[2], IpFamily::V6, record.ipv6)) return std::nullopt;
  record.names.assign(std::make_move_iterator(fields.begin() + kFixedFields),
                      std::make_move_iterator(fields.end()));
  return record;
}

void each_name_record(const std::string& directory, const std::function<bool(const NameRecord&)>& each) {
  const auto files = sys::list_directory(directory);
  if (!files) return;
  for (const std::string& file : *files) {
    const auto record = decode_names(file);
    if (record && !each(*record)) return;
  }
}

}  // namespace runtime::network
