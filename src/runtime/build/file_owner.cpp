// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/file_owner.h"

#include <charconv>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/split.h"

namespace runtime::build {
namespace {

constexpr std::size_t kLargestAccountFile = 4u << 20;

std::optional<std::uint32_t> parse_id(std::string_view text) {
  std::uint32_t id = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), id);
  // 2^32-1 means "leave it alone" to chown(2).
  if (code != std::errc() || end != text.data() + text.size() || id == 0xFFFFFFFF) return std::nullopt;
  return id;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

/// Fields of the line of `file` whose first field is `name`.
base::Result<std::optional<std::vector<std::string>>> find_account(const LayeredTree& root,
                                                                   std::string_view file,
                                                                   std::string_view name) {
  const std::string text = TRY(root.read_text(file, kLargestAccountFile));
  for (const std::string& line : base::split(text, '\n')) {
    if (!line.starts_with(name)) continue;
    std::vector<std::string> fields = base::split(line, ':');
    if (fields.front() == name && fields.size() >= 4) return std::optional(std::move(fields));
  }
  return std::optional<std::vector<std::string>>();
}

base::Result<std::uint32_t> find_id(const LayeredTree& root, std::string_view name, std::string_view file,
                                    std::string_view what) {
  if (is_number(name)) {
    if (const auto id = parse_id(name)) return *id;
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("{} {} is out of range (0-4294967294)", what, name));
  }
  const auto account = TRY(find_account(root, file, name));
  const auto id = account ? parse_id((*account)[2]) : std::nullopt;
  if (id) return *id;
  if (name == "root") return 0u;  // Whose number is no image's choice.
  return base::fail(base::make_error(base::ErrorClass::Invalid,
                                     fmt::format("no {} '{}' in the image's {}", what, name, file))
                        .with_hint("make it in a RUN before, or give its number"));
}

}  // namespace

base::Result<sys::Ownership> find_owner(std::string_view text, const LayeredTree& root) {
  const auto [user, group] = base::split_once(text, ':');
  sys::Ownership owner;
  if (user.empty() && group.empty())
    return base::fail(base::ErrorClass::Invalid, fmt::format("'{}' names nobody", text));
  if (!user.empty()) owner.uid = TRY(find_id(root, user, "/etc/passwd", "user"));
  if (!group.empty()) {
    owner.gid = TRY(find_id(root, group, "/etc/group", "group"));
    return owner;
  }
  owner.gid = owner.uid;
  if (is_number(user)) return owner;
  const auto account = TRY(find_account(root, "/etc/passwd", user));
  if (account) owner.gid = parse_id((*account)[3]).value_or(owner.uid);
  return owner;
}

}  // namespace runtime::build
