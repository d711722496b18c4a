// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/split.h"
#include "compose/config_lint_rules.h"
#include "compose/load/file_path.h"

namespace compose::config {
namespace {

using load::Entry;
using load::Kind;
using load::Tree;

/// Calls `visit` with every service of every file as written.
template <class Visit>
void each_service(const LintInput& input, Visit visit) {
  for (const Tree& file : input.loaded.files) {
    const Tree* services = file.find("services");
    if (services == nullptr) continue;
    for (const Entry& entry : services->entries) visit(entry);
  }
}

template <class Visit>
void each_scalar(const Tree& node, const Visit& visit) {
  if (node.is_scalar()) visit(node);
  for (const Tree& item : node.items) each_scalar(item, visit);
  for (const Entry& entry : node.entries) each_scalar(entry.value, visit);
}

/// "12:34:56": YAML 1.1 reads each part after the first as base-60 digits.
bool is_base60(std::string_view text) {
  const std::vector<std::string> parts = base::split(text, ':');
  if (parts.size() < 2) return false;
  return std::ranges::all_of(parts, [&](const std::string& part) {
    const bool digits = !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
    return digits && (&part == &parts[0] || (part.size() <= 2 && part < "60"));
  });
}

void check_mode(const Tree& parent, LintFindings& findings) {
  for (const Tree& item : parent.items) {
    const Tree* mode = item.find("mode");
    if (mode == nullptr || mode->kind != Kind::Int || mode->text.starts_with('0')) continue;
    findings.add(mode->span, fmt::format("mode {} is decimal, which is 0{:o}", mode->text, mode->int_value),
                 fmt::format("write 0{}", mode->text));
  }
}

void check_env_file(const std::string& path, const LintInput& input, LintFindings& findings) {
  const auto text = input.files.read(path);
  if (!text) return;  // loading reports what is missing
  const base::Source source{load::display_path(input.loaded.project.working_dir, path), *text};
  std::uint32_t number = 0;
  for (const std::string& line : base::split(*text, '\n')) {
    ++number;
    const auto equals = line.find('=');
    if (equals == std::string::npos || base::trim(line).starts_with('#')) continue;
    const std::string_view value = base::trim(std::string_view(line).substr(equals + 1));
    const auto dollar = line.find('$', equals);
    if (dollar == std::string::npos || value.starts_with('\'')) continue;
    const char next = dollar + 1 < line.size() ? line[dollar + 1] : ' ';
    const bool is_name = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || next == '_';
    if (!is_name || (dollar > 0 && line[dollar - 1] == '\\')) continue;  // ${NAME} is surely meant
    findings.add({&source, number, static_cast<std::uint32_t>(dollar + 1), 1}, "$ starts a variable here",
                 "put the value in single quotes if the $ is meant as it stands");
  }
}

void add_env_files(const Tree& value, const std::string& folder, std::set<std::string>& paths) {
  if (value.is_string()) paths.insert(load::join_path(folder, value.text));
  const Tree* path = value.find("path");
  if (path != nullptr && value.text_of("format") != "raw") paths.insert(load::join_path(folder, path->text));
  for (const Tree& item : value.items) add_env_files(item, folder, paths);
}

/// Names that a service's attribute refers to: keys, sources, or what stands before the first colon.
void add_references(const Tree* node, std::set<std::string>& names) {
  if (node == nullptr) return;
  for (const Entry& entry : node->entries) names.insert(entry.key);
  for (const Tree& item : node->items) {
    if (item.is_mapping())
      names.emplace(item.text_of("source"));
    else
      names.emplace(base::split_once(item.text, ':').first);
  }
}

}  // namespace

void LintFindings::add(const base::Span& at, std::string message, std::string hint) {
  found_.push_back(base::make_error(base::ErrorClass::Invalid, fmt::format("{} [{}]", message, id_))
                       .at(at)
                       .with_hint(std::move(hint)));
}

void unquoted_port(const LintInput& input, LintFindings& findings) {
  each_service(input, [&](const Entry& service) {
    const Tree* ports = service.value.find("ports");
    if (ports == nullptr) return;
    for (const Tree& item : ports->items) {
      if (!item.is_string() || item.quoted || !is_base60(item.text)) continue;
      findings.add(item.span, fmt::format("{} is a number in base 60 to other YAML readers", item.text),
                   fmt::format("write \"{}\"", item.text));
    }
  });
}

void yaml_boolean(const LintInput& input, LintFindings& findings) {
  for (const Tree& file : input.loaded.files) {
    each_scalar(file, [&](const Tree& node) {
      if (!node.is_string() || node.quoted) return;
      const std::string text = base::to_lower(node.text);
      if (text != "yes" && text != "no" && text != "on" && text != "off") return;
      findings.add(node.span, fmt::format("{} is a boolean to other YAML readers", node.text),
                   fmt::format("write \"{}\"", node.text));
    });
  }
}

void decimal_mode(const LintInput& input, LintFindings& findings) {
  each_service(input, [&](const Entry& service) {
    for (const std::string_view key : {"secrets", "configs"}) {
      if (const Tree* list = service.value.find(key)) check_mode(*list, findings);
    }
  });
}

void obsolete_version(const LintInput& input, LintFindings& findings) {
  for (const Tree& file : input.loaded.files) {
    const Entry* version = file.find_entry("version");
    if (version != nullptr) findings.add(version->key_span, "version is ignored", "remove it");
  }
}

void dollar_in_env_file(const LintInput& input, LintFindings& findings) {
  const model::Project& project = input.loaded.project;
  std::set<std::string> paths(project.env_files.begin(), project.env_files.end());
  if (paths.empty()) paths.insert(load::join_path(project.working_dir, ".env"));
  each_service(input, [&](const Entry& service) {
    const Tree* files = service.value.find("env_file");
    if (files != nullptr) add_env_files(*files, project.working_dir, paths);
  });
  for (const std::string& path : paths) check_env_file(path, input, findings);
}

void unused_resource(const LintInput& input, LintFindings& findings) {
  for (const std::string_view section : {"networks", "volumes", "secrets", "configs"}) {
    std::set<std::string> used;
    each_service(input, [&](const Entry& service) {
      add_references(service.value.find(section), used);
      const Tree* build = service.value.find("build");
      if (build != nullptr) add_references(build->find(section), used);
      const Tree* credentials = service.value.find("credential_spec");
      if (credentials != nullptr) used.emplace(credentials->text_of("config"));
    });
    for (const Tree& file : input.loaded.files) {
      const Tree* resources = file.find(section);
      if (resources == nullptr) continue;
      for (const Entry& entry : resources->entries) {
        const bool implied = section == "networks" && entry.key == "default";
        if (implied || used.contains(entry.key) || entry.key.starts_with("x-")) continue;
        findings.add(entry.key_span, fmt::format("no service uses {}.{}", section, entry.key),
                     "remove it, or use it");
      }
    }
  }
}

}  // namespace compose::config
