// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "base/split.h"
#include "compose/config_lint_rules.h"
#include "compose/load/source_set.h"
#include "model/image_reference.h"

namespace compose::config {
namespace {

using load::Entry;
using load::Tree;

template <class Visit>
void each_service(const LintInput& input, Visit visit) {
  const Tree* services = input.loaded.tree.find("services");
  if (services == nullptr) return;
  for (const Entry& entry : services->entries) visit(entry);
}

bool is_secret_name(std::string_view name) {
  const std::string lower = base::to_lower(name);
  if (lower.ends_with("_file") || lower.ends_with("_path")) return false;
  constexpr std::array<std::string_view, 7> kWords = {"password", "passwd",      "secret",    "token",
                                                      "api_key",  "private_key", "access_key"};
  return std::ranges::any_of(kWords,
                             [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

/// Written out in a Compose file: not from the environment, an env file or a variable.
bool is_literal(const Tree& value) {
  if (!value.is_string() || value.text.empty() || value.span.source == nullptr) return false;
  const load::Provenance* provenance = value.provenance;
  return provenance == nullptr || (provenance->variables.empty() && provenance->note.empty());
}

}  // namespace

void bind_over_anonymous(const LintInput& input, LintFindings& findings) {
  each_service(input, [&](const Entry& service) {
    const Tree* mounts = service.value.find("volumes");
    if (mounts == nullptr) return;
    for (const Tree& bind : mounts->items) {
      if (bind.text_of("type") != "bind") continue;
      for (const Tree& other : mounts->items) {
        if (other.text_of("type") != "volume" || !other.text_of("source").empty()) continue;
        const std::string_view inner = bind.text_of("target"), outer = other.text_of("target");
        if (!inner.starts_with(outer) || inner.size() <= outer.size() || inner[outer.size()] != '/') continue;
        findings.add(bind.span, fmt::format("{} lies inside the anonymous volume {}", inner, outer),
                     "name the volume, or mount elsewhere");
      }
    }
  });
}

void health_ignored(const LintInput& input, LintFindings& findings) {
  const auto& services = input.loaded.project.services;
  each_service(input, [&](const Entry& service) {
    const Tree* needs = service.value.find("depends_on");
    if (needs == nullptr) return;
    for (const Entry& entry : needs->entries) {
      const auto dependency = services.find(entry.key);
      if (dependency == services.end() || entry.value.text_of("condition") != "service_started") continue;
      const auto& check = dependency->second.health_check;
      if (!check || check->test.empty() || check->test[0] == "NONE") continue;
      findings.add(entry.key_span,
                   fmt::format("{} has a health check, but {} does not wait for it", entry.key, service.key),
                   "say condition: service_healthy");
    }
  });
}

void host_port_clash(const LintInput& input, LintFindings& findings) {
  std::map<std::string, std::string> taken;
  each_service(input, [&](const Entry& service) {
    const Tree* ports = service.value.find("ports");
    if (ports == nullptr) return;
    for (const Tree& port : ports->items) {
      const std::string_view published = port.text_of("published");
      if (published.empty() || published.find('-') != std::string_view::npos) continue;
      const std::string key =
          fmt::format("{}:{}/{}", port.text_of("host_ip"), published, port.text_of("protocol"));
      const auto [place, fresh] = taken.emplace(key, service.key);
      if (fresh || place->second == service.key) continue;
      findings.add(port.span, fmt::format("host port {} is also published by {}", published, place->second),
                   "publish one of the two on another port");
    }
  });
}

void image_tag(const LintInput& input, LintFindings& findings) {
  each_service(input, [&](const Entry& service) {
    const Tree* image = service.value.find("image");
    if (image == nullptr || service.value.find("build") != nullptr) return;
    const auto reference = model::ImageReference::parse(image->text);
    if (!reference || reference->digest || reference->tag != "latest") return;
    findings.add(image->span, fmt::format("{} may be another image tomorrow", image->text),
                 "name a version, such as a tag other than latest");
  });
}

void secret_in_environment(const LintInput& input, LintFindings& findings) {
  each_service(input, [&](const Entry& service) {
    const Tree* environment = service.value.find("environment");
    if (environment == nullptr) return;
    for (const Entry& entry : environment->entries) {
      if (!is_secret_name(entry.key) || !is_literal(entry.value)) continue;
      findings.add(entry.value.span, fmt::format("{} stands in the file in plain text", entry.key),
                   "use a secret, or take the value from the environment");
    }
  });
}

}  // namespace compose::config
