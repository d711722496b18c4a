// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <span>
#include <unordered_map>

#include "compose/load/passes.h"

namespace compose::load {
namespace {

using Order = std::span<const std::string_view>;

constexpr std::string_view kTop[] = {"name",    "services", "networks", "volumes",
                                     "secrets", "configs",  "models"};
constexpr std::string_view kService[] = {"profiles",
                                         "annotations",
                                         "attach",
                                         "build",
                                         "develop",
                                         "blkio_config",
                                         "cap_add",
                                         "cap_drop",
                                         "cgroup_parent",
                                         "cgroup",
                                         "cpu_count",
                                         "cpu_percent",
                                         "cpu_period",
                                         "cpu_quota",
                                         "cpu_rt_period",
                                         "cpu_rt_runtime",
                                         "cpus",
                                         "cpuset",
                                         "cpu_shares",
                                         "command",
                                         "configs",
                                         "container_name",
                                         "credential_spec",
                                         "depends_on",
                                         "deploy",
                                         "device_cgroup_rules",
                                         "devices",
                                         "dns",
                                         "dns_opt",
                                         "dns_search",
                                         "domainname",
                                         "entrypoint",
                                         "provider",
                                         "environment",
                                         "env_file",
                                         "expose",
                                         "extends",
                                         "external_links",
                                         "extra_hosts",
                                         "group_add",
                                         "gpus",
                                         "hostname",
                                         "healthcheck",
                                         "image",
                                         "init",
                                         "ipc",
                                         "isolation",
                                         "labels",
                                         "label_file",
                                         "links",
                                         "logging",
                                         "mem_limit",
                                         "mem_reservation",
                                         "memswap_limit",
                                         "mem_swappiness",
                                         "mac_address",
                                         "models",
                                         "network_mode",
                                         "networks",
                                         "oom_kill_disable",
                                         "oom_score_adj",
                                         "pid",
                                         "pids_limit",
                                         "platform",
                                         "ports",
                                         "privileged",
                                         "pull_policy",
                                         "pull_refresh_after",
                                         "read_only",
                                         "restart",
                                         "runtime",
                                         "scale",
                                         "secrets",
                                         "security_opt",
                                         "shm_size",
                                         "stdin_open",
                                         "stop_grace_period",
                                         "stop_signal",
                                         "storage_opt",
                                         "sysctls",
                                         "tmpfs",
                                         "tty",
                                         "ulimits",
                                         "use_api_socket",
                                         "user",
                                         "userns_mode",
                                         "uts",
                                         "volumes",
                                         "volumes_from",
                                         "working_dir",
                                         "pre_start",
                                         "post_start",
                                         "pre_stop"};
constexpr std::string_view kBuild[] = {"context",
                                       "dockerfile",
                                       "dockerfile_inline",
                                       "entitlements",
                                       "args",
                                       "provenance",
                                       "sbom",
                                       "ssh",
                                       "labels",
                                       "cache_from",
                                       "cache_to",
                                       "no_cache",
                                       "no_cache_filter",
                                       "additional_contexts",
                                       "pull",
                                       "extra_hosts",
                                       "isolation",
                                       "network",
                                       "target",
                                       "secrets",
                                       "shm_size",
                                       "tags",
                                       "ulimits",
                                       "platforms",
                                       "privileged"};
constexpr std::string_view kBlockIo[] = {"weight",           "weight_device",    "device_read_bps",
                                         "device_read_iops", "device_write_bps", "device_write_iops"};
constexpr std::string_view kDevice[] = {"path", "weight", "rate"};
constexpr std::string_view kWatch[] = {"path",    "action", "target",      "exec",
                                       "include", "ignore", "initial_sync"};
constexpr std::string_view kHook[] = {"command",     "user",  "privileged", "working_dir",
                                      "environment", "image", "per_replica"};
constexpr std::string_view kFile[] = {"source", "target", "uid", "gid", "mode"};
constexpr std::string_view kDependency[] = {"condition", "restart", "required"};
constexpr std::string_view kDeploy[] = {"mode",           "replicas",        "labels",
                                        "update_config",  "rollback_config", "resources",
                                        "restart_policy", "placement",       "endpoint_mode"};
constexpr std::string_view kUpdate[] = {"parallelism",       "delay", "failure_action", "monitor",
                                        "max_failure_ratio", "order"};
constexpr std::string_view kLimits[] = {"limits",  "reservations",      "cpus", "memory", "pids",
                                        "devices", "generic_resources", "kind", "value"};
constexpr std::string_view kRequest[] = {"capabilities", "driver", "count", "device_ids", "options"};
constexpr std::string_view kRestart[] = {"condition", "delay", "max_attempts", "window"};
constexpr std::string_view kPlacement[] = {"constraints", "preferences", "max_replicas_per_node"};
constexpr std::string_view kDeviceMap[] = {"source", "target", "permissions"};
constexpr std::string_view kHealth[] = {"test",         "timeout",        "interval", "retries",
                                        "start_period", "start_interval", "disable"};
constexpr std::string_view kEnvFile[] = {"path", "required", "format"};
constexpr std::string_view kLogging[] = {"driver", "options"};
constexpr std::string_view kPort[] = {"name",      "mode",     "host_ip",     "target",
                                      "published", "protocol", "app_protocol"};
constexpr std::string_view kMount[] = {"type", "source", "target", "read_only", "consistency",
                                       "bind", "volume", "tmpfs",  "image"};
constexpr std::string_view kBind[] = {"selinux", "propagation", "create_host_path", "recursive"};
constexpr std::string_view kTmpfs[] = {"size", "mode"};
constexpr std::string_view kLimit[] = {"soft", "hard"};
constexpr std::string_view kNetwork[] = {"name",        "driver",     "driver_opts", "ipam",
                                         "external",    "internal",   "attachable",  "labels",
                                         "enable_ipv4", "enable_ipv6"};
constexpr std::string_view kIpam[] = {"driver", "config", "options"};
constexpr std::string_view kPool[] = {"subnet", "gateway", "ip_range", "aux_addresses"};
constexpr std::string_view kVolume[] = {"name", "driver", "driver_opts", "external", "labels"};
constexpr std::string_view kFileObject[] = {"name",   "file",   "environment", "content",        "external",
                                            "labels", "driver", "driver_opts", "template_driver"};
constexpr std::string_view kModel[] = {"name", "model", "context_size", "runtime_flags"};

const PathRules<Order>& orders() {
  static const PathRules<Order> table{
      {"configs.*", kFileObject},
      {"models.*", kModel},
      {"networks.*", kNetwork},
      {"networks.*.ipam", kIpam},
      {"networks.*.ipam.config.*", kPool},
      {"secrets.*", kFileObject},
      {"services.*", kService},
      {"services.*.blkio_config", kBlockIo},
      {"services.*.blkio_config.device_read_bps.*", kDevice},
      {"services.*.blkio_config.device_read_iops.*", kDevice},
      {"services.*.blkio_config.device_write_bps.*", kDevice},
      {"services.*.blkio_config.device_write_iops.*", kDevice},
      {"services.*.blkio_config.weight_device.*", kDevice},
      {"services.*.build", kBuild},
      {"services.*.build.secrets.*", kFile},
      {"services.*.build.ulimits.*", kLimit},
      {"services.*.configs.*", kFile},
      {"services.*.depends_on.*", kDependency},
      {"services.*.deploy", kDeploy},
      {"services.*.deploy.placement", kPlacement},
      {"services.*.deploy.resources", kLimits},
      {"services.*.deploy.resources.limits", kLimits},
      {"services.*.deploy.resources.reservations", kLimits},
      {"services.*.deploy.resources.reservations.devices.*", kRequest},
      {"services.*.deploy.restart_policy", kRestart},
      {"services.*.deploy.rollback_config", kUpdate},
      {"services.*.deploy.update_config", kUpdate},
      {"services.*.develop.watch.*", kWatch},
      {"services.*.develop.watch.*.exec", kHook},
      {"services.*.devices.*", kDeviceMap},
      {"services.*.env_file.*", kEnvFile},
      {"services.*.gpus.*", kRequest},
      {"services.*.healthcheck", kHealth},
      {"services.*.logging", kLogging},
      {"services.*.ports.*", kPort},
      {"services.*.post_start.*", kHook},
      {"services.*.pre_start.*", kHook},
      {"services.*.pre_stop.*", kHook},
      {"services.*.secrets.*", kFile},
      {"services.*.ulimits.*", kLimit},
      {"services.*.volumes.*", kMount},
      {"services.*.volumes.*.bind", kBind},
      {"services.*.volumes.*.tmpfs", kTmpfs},
      {"volumes.*", kVolume},
  };
  return table;
}

/// Place of a key in a fixed order; unknown ones (x-*) come after all, by name.
std::size_t place_in(Order order, std::string_view key) {
  return static_cast<std::size_t>(std::ranges::find(order, key) - order.begin());
}

void sort_node(Tree& node, const PathRules<Order>::Node* rule, Order top) {
  for (Tree& item : node.items) sort_node(item, rule == nullptr ? nullptr : rule->step_item(), {});
  if (node.entries.empty()) return;
  const Order order = rule != nullptr && rule->rule ? *rule->rule : top;
  if (order.empty()) {
    std::ranges::sort(node.entries, {}, &Entry::key);
  } else {
    std::vector<std::pair<std::size_t, Entry*>> places;
    places.reserve(node.entries.size());
    for (Entry& entry : node.entries) places.emplace_back(place_in(order, entry.key), &entry);
    std::ranges::sort(places, [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first < b.first : a.second->key < b.second->key;
    });
    std::vector<Entry> sorted;
    sorted.reserve(places.size());
    for (const auto& place : places) sorted.push_back(std::move(*place.second));
    node.entries = std::move(sorted);
  }
  for (Entry& entry : node.entries) {
    sort_node(entry.value, rule == nullptr ? nullptr : rule->step(entry.key), {});
  }
}

}  // namespace

void sort_keys(Tree& root) { sort_node(root, orders().root(), kTop); }

}  // namespace compose::load
