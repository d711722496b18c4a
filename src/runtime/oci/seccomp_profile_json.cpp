// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/oci/seccomp_profile.h"
#include "runtime/oci/seccomp_text.h"

namespace runtime::oci {
namespace {

using Json = nlohmann::json;

#if defined(__x86_64__)
constexpr std::string_view kNative = "SCMP_ARCH_X86_64";
constexpr std::string_view kMachine = "amd64";
#elif defined(__aarch64__)
constexpr std::string_view kNative = "SCMP_ARCH_AARCH64";
constexpr std::string_view kMachine = "arm64";
#else
constexpr std::string_view kNative = "";
constexpr std::string_view kMachine = "";
#endif

using Names = std::vector<std::string>;

Names texts(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return {};
  return found->get<Names>();
}

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// A rule counts when all its `includes` hold and none of its `excludes` does. minKernel always holds:
/// this engine needs a later kernel than any profile names.
bool applies(const Json& rule, const Names& capabilities) {
  if (const auto includes = rule.find("includes"); includes != rule.end() && includes->is_object()) {
    const Names machines = texts(*includes, "arches");
    if (!machines.empty() && !contains(machines, kMachine)) return false;
    for (const std::string& name : texts(*includes, "caps")) {
      if (!contains(capabilities, name)) return false;
    }
  }
  const auto excludes = rule.find("excludes");
  if (excludes == rule.end() || !excludes->is_object()) return true;
  if (contains(texts(*excludes, "arches"), kMachine)) return false;
  const Names caps = texts(*excludes, "caps");
  return std::none_of(caps.begin(), caps.end(),
                      [&capabilities](const std::string& name) { return contains(capabilities, name); });
}

base::Result<SeccompAction> read_action(const Json& object, const char* key) {
  const std::string text = object.at(key).get<std::string>();
  if (const auto action = parse_seccomp_action(text)) return *action;
  return base::fail(base::ErrorClass::Unsupported, fmt::format("seccomp: {}: unknown action {}", key, text));
}

base::Result<SeccompArgument> read_argument(const Json& object) {
  SeccompArgument argument;
  argument.index = object.at("index").get<std::uint32_t>();
  argument.value = object.at("value").get<std::uint64_t>();
  argument.value_two = object.value("valueTwo", std::uint64_t{0});
  const std::string text = object.at("op").get<std::string>();
  const auto comparison = parse_seccomp_comparison(text);
  if (!comparison) {
    return base::fail(base::ErrorClass::Invalid, fmt::format("seccomp: unknown comparison {}", text));
  }
  argument.comparison = *comparison;
  return argument;
}

base::Result<SeccompRule> read_rule(const Json& object, std::uint32_t default_errno) {
  SeccompRule rule;
  rule.names = texts(object, "names");
  if (object.contains("name")) rule.names.push_back(object.at("name").get<std::string>());
  rule.action = TRY(read_action(object, "action"));
  rule.errno_value = object.value("errnoRet", default_errno);
  const auto arguments = object.find("args");
  if (arguments == object.end() || arguments->is_null()) return rule;
  for (const Json& argument : *arguments) rule.arguments.push_back(TRY(read_argument(argument)));
  return rule;
}

Names read_architectures(const Json& profile) {
  const auto map = profile.find("archMap");
  if (map == profile.end() || !map->is_array()) return texts(profile, "architectures");
  for (const Json& entry : *map) {
    if (entry.value("architecture", "") != kNative) continue;
    Names names{std::string(kNative)};
    for (std::string& name : texts(entry, "subArchitectures")) names.push_back(std::move(name));
    return names;
  }
  return {};
}

base::Result<SeccompProfile> read_profile(const Json& json, const Names& capabilities) {
  SeccompProfile profile;
  profile.default_action = TRY(read_action(json, "defaultAction"));
  profile.default_errno = json.value("defaultErrnoRet", std::uint32_t{1});
  profile.architectures = read_architectures(json);
  const auto rules = json.find("syscalls");
  if (rules == json.end() || rules->is_null()) return profile;
  for (const Json& rule : *rules) {
    if (applies(rule, capabilities)) profile.rules.push_back(TRY(read_rule(rule, profile.default_errno)));
  }
  return profile;
}

}  // namespace

base::Result<SeccompProfile> decode_seccomp_profile(std::string_view text,
                                                    const std::vector<std::string>& capabilities) {
  try {
    return read_profile(Json::parse(text), capabilities);
  } catch (const Json::exception& fault) {
    return base::fail(
        base::make_error(base::ErrorClass::Invalid, fmt::format("seccomp: not a profile: {}", fault.what()))
            .with_hint("it is a JSON file with defaultAction and syscalls"));
  }
}

}  // namespace runtime::oci
