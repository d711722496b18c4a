// SPDX-License-Identifier: Apache-2.0
#include "compose/plan/names.h"

#include <charconv>

#include <fmt/format.h>

#include "base/split.h"
#include "model/labels.h"

namespace compose::plan {

std::string container_name(const model::Project& project, const model::Service& service, int number,
                           NameSeparator separator) {
  if (!service.container_name.empty()) return service.container_name;
  return fmt::format("{}{}{}{}{}", project.name, separator, service.name, separator, number);
}

std::string replacement_name(const std::string& old_id, std::string_view final_name) {
  constexpr std::size_t kShortId = 12;
  return fmt::format("{}_{}", old_id.substr(0, kShortId), final_name);
}

std::string image_name(const model::Project& project, const model::Service& service,
                       NameSeparator separator) {
  if (!service.image.empty()) return service.image;
  return fmt::format("{}{}{}", project.name, separator, service.name);
}

std::string service_of(const model::ObservedContainer& container) {
  return container.label(model::labels::kService);
}

int number_of(const model::ObservedContainer& container) {
  const std::string text = container.label(model::labels::kContainerNumber);
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool is_one_off(const model::ObservedContainer& container) {
  return container.label(model::labels::kOneOff) == "True";
}

bool is_managed(const model::ObservedContainer& container) {
  return container.labels.contains(std::string(model::labels::kConfigHash)) && !service_of(container).empty();
}

std::string depends_on_text(const std::map<std::string, model::Dependency>& depends_on) {
  std::vector<std::string> parts;
  for (const auto& [name, dependency] : depends_on) {
    parts.push_back(fmt::format("{}:{}:{}", name, model::to_text(dependency.condition), dependency.restart));
  }
  return base::join(parts, ",");
}

std::map<std::string, model::Dependency> parse_depends_on(std::string_view text) {
  std::map<std::string, model::Dependency> out;
  if (text.empty()) return out;
  for (const std::string& entry : base::split(text, ',')) {
    const auto parts = base::split(entry, ':');
    if (parts.front().empty()) continue;
    model::Dependency dependency;
    for (const auto condition : {model::DependencyCondition::Started, model::DependencyCondition::Healthy,
                                 model::DependencyCondition::CompletedSuccessfully}) {
      if (parts.size() > 1 && parts[1] == model::to_text(condition)) dependency.condition = condition;
    }
    dependency.restart = parts.size() > 2 && parts[2] == "true";
    out.emplace(parts.front(), dependency);
  }
  return out;
}

}  // namespace compose::plan
