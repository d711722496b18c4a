// SPDX-License-Identifier: Apache-2.0
// An image's /etc/passwd and /etc/group, with a user and a group to look for: two lines of input, the
// rest is both files. Whatever they hold, an id is never ~0, which means "unchanged" to the kernel.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/split.h"
#include "runtime/container/user_database.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto [user, rest] = base::split_once(text, '\n');
  const auto [group, files] = base::split_once(rest, '\n');
  const auto resolved = runtime::container::resolve_user(user, {std::string(group)}, files, files);
  if (!resolved) return 0;
  if (resolved->uid == ~std::uint32_t{0} || resolved->gid == ~std::uint32_t{0}) __builtin_trap();
  if (resolved->groups.empty() || resolved->groups.front() != resolved->gid) __builtin_trap();
  return 0;
}
