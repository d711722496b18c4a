// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/variables.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/split.h"

namespace runtime::build {

void ArgScope::set(const std::string& name, std::optional<std::string> value) {
  for (auto& [known, old] : entries_) {
    if (known != name) continue;
    old = std::move(value);
    return;
  }
  entries_.emplace_back(name, std::move(value));
}

std::optional<std::string> ArgScope::find(std::string_view name) const {
  for (const auto& [known, value] : entries_) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::optional<std::string> find_env(const std::vector<std::string>& env, std::string_view name) {
  for (const std::string& entry : env) {
    const auto [key, value] = base::split_once(entry, '=');
    if (key == name) return std::string(value);
  }
  return std::nullopt;
}

void set_env(std::vector<std::string>& env, const std::string& name, const std::string& value) {
  for (std::string& entry : env) {
    if (base::split_once(entry, '=').first != name) continue;
    entry = name + "=" + value;
    return;
  }
  env.push_back(name + "=" + value);
}

ArgScope platform_args(const std::string& platform, const std::string& target_stage) {
  const std::vector<std::string> parts = base::split(platform, '/');
  ArgScope scope;
  for (const std::string_view side : {"BUILD", "TARGET"}) {
    scope.set(fmt::format("{}PLATFORM", side), platform);
    scope.set(fmt::format("{}OS", side), parts[0]);
    scope.set(fmt::format("{}OSVERSION", side), "");
    scope.set(fmt::format("{}ARCH", side), parts.size() > 1 ? parts[1] : "");
    scope.set(fmt::format("{}VARIANT", side), parts.size() > 2 ? parts[2] : "");
  }
  scope.set("TARGETSTAGE", target_stage);
  return scope;
}

bool is_proxy_arg(std::string_view name) {
  constexpr std::array<std::string_view, 10> kNames = {
      "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY",
      "ftp_proxy",  "NO_PROXY",   "no_proxy",    "ALL_PROXY",   "all_proxy"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

base::Result<> declare_args(const Arg& arg, char escape, const GlobalScope& global,
                            const VariableLookup& lookup, ArgScope& scope) {
  for (const Arg::Entry& entry : arg.entries) {
    const std::string name = TRY(expand_word(entry.name, escape, lookup));
    const auto given = global.build_args.find(name);
    if (given != global.build_args.end()) {
      scope.set(name, given->second);
    } else if (entry.value) {
      auto value = expand_word(entry.value->text, escape, lookup);
      if (!value) return base::fail(std::move(value).error().at(entry.value->span));
      scope.set(name, std::move(*value));
    } else {
      scope.set(name, global.args.find(name));
    }
  }
  return {};
}

}  // namespace runtime::build
