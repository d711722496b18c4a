// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include <fmt/format.h>

#include "base/split.h"
#include "compose/load/decode.h"

namespace compose::load {
namespace {

model::DependencyCondition condition_of(std::string_view text) {
  if (text == "service_healthy") return model::DependencyCondition::Healthy;
  if (text == "service_completed_successfully") return model::DependencyCondition::CompletedSuccessfully;
  return model::DependencyCondition::Started;
}

void decode_dependencies(const Tree& node, model::Service& service) {
  const Tree* needs = node.find("depends_on");
  if (needs == nullptr) return;
  for (const Entry& entry : needs->entries) {
    service.depends_on.emplace(entry.key,
                               model::Dependency{.condition = condition_of(entry.value.text_of("condition")),
                                                 .restart = flag(entry.value, "restart"),
                                                 .required = choice(entry.value, "required").value_or(true)});
  }
}

void decode_models(const Tree& node, model::Service& service) {
  const Tree* models = node.find("models");
  if (models == nullptr) return;
  for (const Entry& entry : models->entries) {
    service.models.emplace(entry.key,
                           model::ModelBinding{.endpoint_variable = text(entry.value, "endpoint_var"),
                                               .model_variable = text(entry.value, "model_var")});
  }
}

void decode_security(const Tree& node, model::Service& service) {
  service.privileged = flag(node, "privileged");
  service.read_only = flag(node, "read_only");
  service.use_api_socket = flag(node, "use_api_socket");
  service.cap_add = text_list(node, "cap_add");
  service.cap_drop = text_list(node, "cap_drop");
  service.security_opt = text_list(node, "security_opt");
  service.group_add = text_list(node, "group_add");
  service.sysctls = text_map(node, "sysctls");
  service.pid = text(node, "pid");
  service.ipc = text(node, "ipc");
  service.uts = text(node, "uts");
  service.userns_mode = text(node, "userns_mode");
  service.cgroup = text(node, "cgroup");
  service.cgroup_parent = text(node, "cgroup_parent");
  service.isolation = text(node, "isolation");
  service.runtime = text(node, "runtime");
}

}  // namespace

void decode_service(const Entry& entry, const Path& path, const LoadContext& context,
                    model::Service& service) {
  const Tree& node = entry.value;
  service.name = entry.key;
  service.span = entry.key_span;
  service.image = text(node, "image");
  service.platform = text(node, "platform");
  service.pull_policy = text(node, "pull_policy");
  service.container_name = text(node, "container_name");
  service.build = decode_build(node);
  service.command = words(node, "command");
  service.entrypoint = words(node, "entrypoint");
  service.environment = optional_map(node, "environment");
  service.labels = text_map(node, "labels");
  service.annotations = text_map(node, "annotations");
  service.profiles = text_list(node, "profiles");
  service.hostname = text(node, "hostname");
  service.domainname = text(node, "domainname");
  service.user = text(node, "user");
  service.working_dir = text(node, "working_dir");
  service.tty = flag(node, "tty");
  service.stdin_open = flag(node, "stdin_open");
  service.attach = choice(node, "attach").value_or(true);
  service.init = choice(node, "init");
  service.secrets = file_references(node, "secrets");
  service.configs = file_references(node, "configs");
  if (const Tree* logging = node.find("logging")) {
    service.log = {.driver = text(*logging, "driver"), .options = text_map(*logging, "options")};
  }
  decode_dependencies(node, service);
  decode_models(node, service);
  decode_security(node, service);
  decode_lifecycle(node, path, context, service);
  decode_networking(node, path, context, service);
  decode_mounts(node, path, context, service);
  decode_resources(node, path, context, service);
  list_set_attributes(node, service);
}

std::optional<model::ServiceBuild> decode_build(const Tree& service) {
  const Tree* node = service.find_value("build");
  if (node == nullptr) return std::nullopt;
  model::ServiceBuild build;
  model::BuildSpec& spec = build.spec;
  spec.context = text(*node, "context");
  spec.dockerfile = text(*node, "dockerfile");
  spec.dockerfile_inline = text(*node, "dockerfile_inline");
  spec.target = text(*node, "target");
  spec.args = text_map(*node, "args");
  spec.tags = text_list(*node, "tags");
  spec.labels = text_map(*node, "labels");
  spec.additional_contexts = text_map(*node, "additional_contexts");
  spec.ssh = text_list(*node, "ssh");
  spec.cache_from = text_list(*node, "cache_from");
  spec.cache_to = text_list(*node, "cache_to");
  spec.extra_hosts = text_list(*node, "extra_hosts");
  spec.platforms = text_list(*node, "platforms");
  spec.entitlements = text_list(*node, "entitlements");
  spec.no_cache_filter = text_list(*node, "no_cache_filter");
  spec.ulimits = ulimits(*node);
  spec.shm_size = byte_size(*node, "shm_size");
  spec.network = text(*node, "network");
  spec.isolation = text(*node, "isolation");
  spec.provenance = text(*node, "provenance");
  spec.sbom = text(*node, "sbom");
  spec.no_cache = flag(*node, "no_cache");
  spec.pull = flag(*node, "pull");
  spec.privileged = flag(*node, "privileged");
  build.secrets = file_references(*node, "secrets");
  for (const Entry& entry : node->entries) spec.places[entry.key] = {entry.value.span, {}};
  return build;
}

void list_set_attributes(const Tree& node, model::Service& service) {
  constexpr std::string_view kTop[] = {"annotations",
                                       "blkio_config",
                                       "cgroup",
                                       "cgroup_parent",
                                       "cpu_count",
                                       "cpu_percent",
                                       "cpu_rt_period",
                                       "cpu_rt_runtime",
                                       "credential_spec",
                                       "device_cgroup_rules",
                                       "devices",
                                       "external_links",
                                       "gpus",
                                       "isolation",
                                       "links",
                                       "mem_swappiness",
                                       "models",
                                       "oom_kill_disable",
                                       "provider",
                                       "pull_refresh_after",
                                       "runtime",
                                       "storage_opt",
                                       "use_api_socket",
                                       "userns_mode",
                                       "uts",
                                       "volumes_from",
                                       "platform",
                                       "pre_start",
                                       "post_start",
                                       "pre_stop",
                                       "security_opt",
                                       "cap_add",
                                       "cap_drop",
                                       "healthcheck",
                                       "mac_address",
                                       "networks",
                                       "stop_signal",
                                       "sysctls"};
  for (const Entry& entry : node.entries) {
    if (entry.key_span.source == nullptr) continue;  // a default, set by nobody
    for (const std::string_view name : kTop) {
      if (entry.key == name) service.set_attributes.emplace_back(entry.key, entry.key_span);
    }
    if (entry.key != "deploy" && entry.key != "logging" && entry.key != "build") continue;
    for (const Entry& below : entry.value.entries) {
      if (below.key.starts_with("x-")) continue;
      service.set_attributes.emplace_back(entry.key + "." + below.key, below.key_span);
      const Tree* reservations = entry.key == "deploy" ? below.value.find("reservations") : nullptr;
      if (reservations == nullptr) continue;
      for (const Entry& one : reservations->entries) {
        service.set_attributes.emplace_back("deploy.resources.reservations." + one.key, one.key_span);
      }
    }
  }
}

}  // namespace compose::load
