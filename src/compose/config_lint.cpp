// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/split.h"
#include "base/suggest.h"
#include "compose/config.h"
#include "compose/config_lint_rules.h"

namespace compose::config {
namespace {

struct Rule {
  LintRule info;
  void (*run)(const LintInput&, LintFindings&);
};

/// Sorted by id. docs/lint.md has one section a rule.
constexpr std::array<Rule, 11> kRules{{
    {{"bind-over-anonymous", "a bind mount lies inside an anonymous volume"}, bind_over_anonymous},
    {{"decimal-mode", "a file mode without leading zero is decimal"}, decimal_mode},
    {{"dollar-in-env-file", "a $ in an env file starts a variable"}, dollar_in_env_file},
    {{"health-ignored", "a dependency has a health check that nobody waits for"}, health_ignored},
    {{"host-port-clash", "two services publish the same host port"}, host_port_clash},
    {{"image-tag", "an image has no tag, or the tag latest"}, image_tag},
    {{"obsolete-version", "the top-level version is ignored"}, obsolete_version},
    {{"secret-in-environment", "a secret stands in a plain environment variable"}, secret_in_environment},
    {{"unquoted-port", "other YAML readers take an unquoted port mapping for a number"}, unquoted_port},
    {{"unused-resource", "no service uses a top-level resource"}, unused_resource},
    {{"yaml-boolean", "other YAML readers take an unquoted yes, no, on or off for a boolean"}, yaml_boolean},
}};

}  // namespace

const std::vector<LintRule>& lint_rules() {
  static const std::vector<LintRule> rules = [] {
    std::vector<LintRule> out;
    for (const Rule& rule : kRules) out.push_back(rule.info);
    return out;
  }();
  return rules;
}

base::Result<std::vector<base::Error>> lint(const load::Loaded& loaded, const load::FileSource& files,
                                            const std::set<std::string>& disabled) {
  for (const std::string& id : disabled) {
    if (std::ranges::any_of(kRules, [&](const Rule& rule) { return rule.info.id == id; })) continue;
    std::vector<std::string> ids;
    for (const Rule& rule : kRules) ids.emplace_back(rule.info.id);
    const std::string near = base::nearest_name(id, ids);
    return base::fail(base::make_error(base::ErrorClass::Invalid, fmt::format("no such lint rule: {}", id))
                          .with_hint(near.empty() ? "rules: " + base::join(ids, ", ")
                                                  : fmt::format("did you mean \"{}\"?", near)));
  }
  std::vector<base::Error> found;
  for (const Rule& rule : kRules) {
    if (disabled.contains(std::string(rule.info.id))) continue;
    LintFindings findings(rule.info.id, found);
    rule.run(LintInput{loaded, files}, findings);
  }
  std::ranges::stable_sort(found, [](const base::Error& a, const base::Error& b) {
    const auto key = [](const base::Error& one) {
      const base::Location at = one.location.value_or(base::Location{});
      return std::tuple(at.file, at.line, at.column);
    };
    return key(a) < key(b);
  });
  return found;
}

}  // namespace compose::config
