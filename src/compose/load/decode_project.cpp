// SPDX-License-Identifier: Apache-2.0
#include "compose/load/decode.h"

namespace compose::load {
namespace {

model::ProjectNetwork decode_network(const Entry& entry) {
  const Tree& node = entry.value;
  model::ProjectNetwork network{.key = entry.key, .spec = {}, .config_hash = {}, .span = entry.key_span};
  network.external = flag(node, "external");
  model::NetworkSpec& spec = network.spec;
  spec.name = text(node, "name");
  spec.driver = text(node, "driver");
  spec.driver_opts = text_map(node, "driver_opts");
  spec.internal = flag(node, "internal");
  spec.attachable = flag(node, "attachable");
  spec.enable_ipv4 = choice(node, "enable_ipv4");
  spec.enable_ipv6 = choice(node, "enable_ipv6");
  spec.labels = text_map(node, "labels");
  if (const Tree* ipam = node.find_value("ipam")) {
    spec.ipam_driver = text(*ipam, "driver");
    spec.ipam_options = text_map(*ipam, "options");
    if (const Tree* pools = ipam->find_value("config")) {
      for (const Tree& pool : pools->items) {
        spec.ipam.push_back({.subnet = text(pool, "subnet"),
                             .ip_range = text(pool, "ip_range"),
                             .gateway = text(pool, "gateway"),
                             .aux_addresses = text_map(pool, "aux_addresses")});
      }
    }
  }
  return network;
}

model::ProjectVolume decode_volume(const Entry& entry) {
  const Tree& node = entry.value;
  return {.key = entry.key,
          .external = flag(node, "external"),
          .spec = {.name = text(node, "name"),
                   .driver = text(node, "driver"),
                   .driver_opts = text_map(node, "driver_opts"),
                   .labels = text_map(node, "labels")},
          .config_hash = {},
          .span = entry.key_span};
}

model::ProjectFile decode_file(const Entry& entry, const LoadContext& context) {
  const Tree& node = entry.value;
  model::ProjectFile file{.key = entry.key,
                          .name = text(node, "name"),
                          .external = flag(node, "external"),
                          .file = text(node, "file"),
                          .environment = text(node, "environment"),
                          .content = {},
                          .driver = text(node, "driver"),
                          .template_driver = text(node, "template_driver"),
                          .labels = text_map(node, "labels"),
                          .span = entry.key_span};
  if (node.find_value("content") != nullptr) file.content = text(node, "content");
  if (!file.environment.empty()) {
    const Variable* variable = context.environment.find(file.environment);
    if (variable != nullptr) file.content = variable->value;
  }
  return file;
}

model::ProjectModel decode_model(const Entry& entry) {
  const Tree& node = entry.value;
  model::ProjectModel value{.key = entry.key,
                            .name = text(node, "name"),
                            .model = text(node, "model"),
                            .context_size = {},
                            .runtime_flags = text_list(node, "runtime_flags"),
                            .span = entry.key_span};
  if (const auto size = integer(node, "context_size")) value.context_size = static_cast<int>(*size);
  return value;
}

template <class Visit>
void each_entry(const Tree& root, std::string_view section, Visit visit) {
  const Tree* found = root.find(section);
  if (found == nullptr) return;
  for (const Entry& entry : found->entries) visit(entry);
}

}  // namespace

model::Project decode_project(const Tree& root, const LoadContext& context) {
  model::Project project;
  const Path top;
  const Path services = top.child("services");
  each_entry(root, "services", [&](const Entry& entry) {
    decode_service(entry, services.child(entry.key), context, project.services[entry.key]);
  });
  // optional dependencies that profiles or mistakes took away
  for (auto& [name, service] : project.services) {
    std::erase_if(service.depends_on, [&](const auto& dependency) {
      return !dependency.second.required && !project.services.contains(dependency.first);
    });
  }
  each_entry(root, "networks",
             [&](const Entry& entry) { project.networks.emplace(entry.key, decode_network(entry)); });
  each_entry(root, "volumes",
             [&](const Entry& entry) { project.volumes.emplace(entry.key, decode_volume(entry)); });
  each_entry(root, "secrets",
             [&](const Entry& entry) { project.secrets.emplace(entry.key, decode_file(entry, context)); });
  each_entry(root, "configs",
             [&](const Entry& entry) { project.configs.emplace(entry.key, decode_file(entry, context)); });
  each_entry(root, "models",
             [&](const Entry& entry) { project.models.emplace(entry.key, decode_model(entry)); });
  return project;
}

}  // namespace compose::load
