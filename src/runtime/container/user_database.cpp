// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/user_database.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/split.h"
#include "sys/file.h"
#include "sys/path_at.h"
#include "sys/path_in_root.h"

namespace runtime::container {
namespace {

constexpr std::size_t kMaxFile = 4u << 20;
constexpr std::uint64_t kMaxId = 0xfffffffe;  // ~0 means "leave it" to the kernel.

/// Up to eight fields of one line, without copies.
struct Fields {
  std::array<std::string_view, 8> at;
  std::size_t count = 0;
};

Fields split_line(std::string_view line) {
  Fields fields;
  while (fields.count < fields.at.size()) {
    const auto colon = line.find(':');
    fields.at[fields.count++] = line.substr(0, colon);
    if (colon == std::string_view::npos) break;
    line.remove_prefix(colon + 1);
  }
  return fields;
}

/// Calls `each` for every line with at least `least` fields until it says false.
template <class Each>
void for_each_entry(std::string_view text, std::size_t least, Each each) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    const Fields fields = split_line(base::trim(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (fields.count >= least && !fields.at[0].empty() && !each(fields)) return;
  }
}

std::optional<std::uint32_t> parse_id(std::string_view text) {
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || value > kMaxId) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(value);
}

bool looks_numeric(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

base::Error id_out_of_range(std::string_view what, std::string_view text) {
  return base::make_error(base::ErrorClass::Invalid,
                          fmt::format("{} \"{}\" is not in the range 0 to {}", what, text, kMaxId));
}

base::Result<std::uint32_t> find_group(std::string_view name, std::string_view group_text) {
  std::optional<std::uint32_t> found;
  for_each_entry(group_text, 3, [&](const Fields& entry) {
    if (entry.at[0] == name) found = parse_id(entry.at[2]);
    return !found;
  });
  if (found) return *found;
  if (const std::optional<std::uint32_t> number = parse_id(name)) return *number;
  if (looks_numeric(name)) return base::fail(id_out_of_range("group", name));
  return base::fail(base::make_error(base::ErrorClass::NotFound,
                                     fmt::format("group \"{}\" is not in the container's /etc/group", name))
                        .with_hint("use a number, or create the group in the image"));
}

void add_groups_of(std::string_view name, std::string_view group_text, ResolvedUser& resolved) {
  for_each_entry(group_text, 4, [&](const Fields& entry) {
    std::string_view members = entry.at[3];
    while (!members.empty()) {
      const auto comma = members.find(',');
      const std::string_view member = base::trim(members.substr(0, comma));
      members.remove_prefix(comma == std::string_view::npos ? members.size() : comma + 1);
      if (member != name) continue;
      if (const auto gid = parse_id(entry.at[2])) resolved.groups.push_back(*gid);
      break;
    }
    return true;
  });
}

/// Fills uid, gid and home; the answer is the user's name when passwd has it.
base::Result<std::string> find_user(std::string_view user, std::string_view passwd_text,
                                    ResolvedUser& resolved) {
  const std::optional<std::uint32_t> number = user.empty() ? 0 : parse_id(user);
  std::string name;
  for_each_entry(passwd_text, 4, [&](const Fields& entry) {
    const std::optional<std::uint32_t> uid = parse_id(entry.at[2]);
    const std::optional<std::uint32_t> gid = parse_id(entry.at[3]);
    if (!uid || !gid || (number ? *uid != *number : entry.at[0] != user)) return true;
    name = entry.at[0];
    resolved.uid = *uid;
    resolved.gid = *gid;
    if (entry.count > 5 && !entry.at[5].empty()) resolved.home = entry.at[5];
    return false;
  });
  if (!name.empty()) return name;
  if (number) {
    resolved.uid = *number;
    return name;
  }
  if (looks_numeric(user)) return base::fail(id_out_of_range("user", user));
  return base::fail(base::make_error(base::ErrorClass::NotFound,
                                     fmt::format("user \"{}\" is not in the container's /etc/passwd", user))
                        .with_hint("use a number, or create the user in the image"));
}

base::Result<std::string> read_database(int root, const char* path) {
  const base::Result<sys::UniqueFd> file =
      sys::open_container_path(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file && (file.error().errno_value == ENOENT || file.error().errno_value == ENOTDIR)) return "";
  if (!file) return base::fail(file.error());
  if (!S_ISREG(TRY(sys::stat_fd(file->value())).st_mode)) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("the container's {} is not a regular file", path));
  }
  return sys::read_all(file->value(), fmt::format("the container's {}", path), kMaxFile);
}

}  // namespace

base::Result<ResolvedUser> resolve_user(std::string_view user, const std::vector<std::string>& groups,
                                        std::string_view passwd_text, std::string_view group_text) {
  const auto colon = user.find(':');
  const std::string_view group = colon == std::string_view::npos ? "" : user.substr(colon + 1);
  ResolvedUser resolved;
  const std::string name = TRY(find_user(user.substr(0, colon), passwd_text, resolved));
  if (!group.empty()) {
    resolved.gid = TRY(find_group(group, group_text));
  } else if (!name.empty()) {
    add_groups_of(name, group_text, resolved);
  }
  for (const std::string& further : groups) {
    resolved.groups.push_back(TRY(find_group(further, group_text)));
  }
  std::vector<std::uint32_t> unique{resolved.gid};
  for (const std::uint32_t gid : resolved.groups) {
    if (std::find(unique.begin(), unique.end(), gid) == unique.end()) unique.push_back(gid);
  }
  resolved.groups = std::move(unique);
  return resolved;
}

base::Result<ResolvedUser> resolve_user_in_root(int root, std::string_view user,
                                                const std::vector<std::string>& groups) {
  base::Result<std::string> passwd = read_database(root, "/etc/passwd");
  base::Result<std::string> group = read_database(root, "/etc/group");
  // Root by number needs neither file: a broken one must not keep a container from being repaired.
  const bool needed = !user.empty() && user != "0" && user != "0:0";
  if (!passwd && needed) return base::fail(std::move(passwd).error());
  if (!group && (needed || !groups.empty())) return base::fail(std::move(group).error());
  return resolve_user(user, groups, passwd ? *passwd : "", group ? *group : "");
}

}  // namespace runtime::container
