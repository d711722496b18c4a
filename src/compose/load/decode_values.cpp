// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "base/byte_size.h"
#include "base/duration.h"
#include "compose/load/decode.h"

namespace compose::load {

std::string text(const Tree& node, std::string_view key) {
  const Tree* found = node.find(key);
  return found == nullptr ? std::string() : scalar_text(*found);
}

std::vector<std::string> text_list(const Tree& node, std::string_view key) {
  std::vector<std::string> out;
  const Tree* found = node.find(key);
  if (found == nullptr) return out;
  out.reserve(found->items.size());
  for (const Tree& item : found->items) out.push_back(scalar_text(item));
  return out;
}

std::map<std::string, std::string> text_map(const Tree& node, std::string_view key) {
  std::map<std::string, std::string> out;
  const Tree* found = node.find(key);
  if (found == nullptr) return out;
  for (const Entry& entry : found->entries) out.emplace(entry.key, scalar_text(entry.value));
  return out;
}

std::map<std::string, std::optional<std::string>> optional_map(const Tree& node, std::string_view key) {
  std::map<std::string, std::optional<std::string>> out;
  const Tree* found = node.find(key);
  if (found == nullptr) return out;
  for (const Entry& entry : found->entries) {
    out.emplace(entry.key, entry.value.is_null() ? std::nullopt : std::optional(scalar_text(entry.value)));
  }
  return out;
}

std::optional<bool> choice(const Tree& node, std::string_view key) {
  const Tree* found = node.find(key);
  if (found == nullptr || found->kind != Kind::Bool) return std::nullopt;
  return found->bool_value;
}

bool flag(const Tree& node, std::string_view key) { return choice(node, key).value_or(false); }

std::optional<std::int64_t> integer(const Tree& node, std::string_view key) {
  const Tree* found = node.find(key);
  if (found == nullptr || found->kind != Kind::Int) return std::nullopt;
  return found->int_value;
}

std::optional<base::ByteSize> byte_size(const Tree& node, std::string_view key) {
  const Tree* found = node.find_value(key);
  if (found == nullptr) return std::nullopt;
  const auto parsed = base::parse_byte_size(scalar_text(*found));
  return parsed ? std::optional(*parsed) : std::nullopt;
}

std::optional<base::Duration> duration(const Tree& node, std::string_view key) {
  const Tree* found = node.find_value(key);
  if (found == nullptr) return std::nullopt;
  const auto parsed = base::parse_duration(found->text);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

std::optional<std::vector<std::string>> words(const Tree& node, std::string_view key) {
  const Tree* found = node.find(key);
  if (found == nullptr || !found->is_sequence()) return std::nullopt;
  return text_list(node, key);
}

std::optional<std::uint32_t> file_mode(const Tree& node, std::string_view key) {
  const Tree* found = node.find_value(key);
  if (found == nullptr) return std::nullopt;
  if (found->kind == Kind::Int) return static_cast<std::uint32_t>(found->int_value);
  std::uint32_t mode = 0;
  std::from_chars(found->text.data(), found->text.data() + found->text.size(), mode, 8);
  return mode;
}

std::vector<model::FileReference> file_references(const Tree& node, std::string_view key) {
  std::vector<model::FileReference> out;
  const Tree* found = node.find(key);
  if (found == nullptr) return out;
  for (const Tree& item : found->items) {
    out.push_back({.source = text(item, "source"),
                   .target = text(item, "target"),
                   .uid = text(item, "uid"),
                   .gid = text(item, "gid"),
                   .mode = file_mode(item, "mode"),
                   .span = item.span});
  }
  return out;
}

std::map<std::string, model::Ulimit> ulimits(const Tree& node) {
  std::map<std::string, model::Ulimit> out;
  const Tree* found = node.find("ulimits");
  if (found == nullptr) return out;
  for (const Entry& entry : found->entries) {
    const Tree& value = entry.value;
    const bool single = !value.is_mapping();
    const std::int64_t soft = single ? value.int_value : integer(value, "soft").value_or(0);
    const std::int64_t hard = single ? value.int_value : integer(value, "hard").value_or(0);
    out.emplace(entry.key, model::Ulimit{soft, hard});
  }
  return out;
}

}  // namespace compose::load
