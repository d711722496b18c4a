// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/source.h"
#include "model/build_spec.h"
#include "model/container_spec.h"

namespace model {

enum class DependencyCondition { Started, Healthy, CompletedSuccessfully };
/// "service_started", "service_healthy", "service_completed_successfully"
std::string_view to_text(DependencyCondition condition);

/// compose-spec: services.*.depends_on.<service>
struct Dependency {
  DependencyCondition condition = DependencyCondition::Started;
  bool restart = false;
  bool required = true;
  bool operator==(const Dependency&) const = default;
};

/// compose-spec: services.*.networks.<key>. The key names a network of the project.
struct ServiceNetwork {
  std::vector<std::string> aliases, link_local_ips;
  std::string ipv4_address, ipv6_address, mac_address, interface_name;
  std::map<std::string, std::string> driver_opts;
  double priority = 0;
  double gateway_priority = 0;
  bool operator==(const ServiceNetwork&) const = default;
};

/// compose-spec: services.*.ports[], canonical form. `published` is "", "8080" or "8000-9000".
struct ServicePort {
  std::string name, host_ip, published, protocol = "tcp", app_protocol, mode = "ingress";
  std::uint16_t target = 0;
  base::Span span;
};

/// compose-spec: services.*.secrets[] and configs[], canonical form.
struct FileReference {
  std::string source;  ///< Key of a top-level secret or config.
  std::string target;  ///< Absolute path in the container; empty: the default place.
  std::string uid, gid;
  std::optional<std::uint32_t> mode;
  base::Span span;
};

/// compose-spec: services.*.env_file[], canonical form.
struct EnvFile {
  std::string path, format;
  bool required = true;
};

/// compose-spec: post_start, pre_stop, pre_start; develop.watch[].exec
struct Hook {
  std::optional<std::vector<std::string>> command;
  std::string user, working_dir, image;
  bool privileged = false, per_replica = false;
  std::map<std::string, std::optional<std::string>> environment;
};

/// compose-spec: develop.watch[]
struct WatchRule {
  std::string path, action, target;
  std::vector<std::string> ignore, include;
  std::optional<Hook> exec;
  bool initial_sync = false;
};

/// compose-spec: services.*.provider
struct Provider {
  std::string type;
  std::map<std::string, std::vector<std::string>> options;
};

/// compose-spec: services.*.models.<key>
struct ModelBinding {
  std::string endpoint_variable, model_variable;
};

/// compose-spec: services.*.build, canonical form; file references still by key.
struct ServiceBuild {
  BuildSpec spec;  ///< Paths absolute; `tags` are the extra ones; `secrets` empty.
  std::vector<FileReference> secrets;
};

/// One service of a loaded project: canonical, defaults filled in, paths absolute, environment
/// resolved. compose-spec: services.*
struct Service {
  std::string name;
  base::Span span;  ///< Of the service's name in its file.

  std::string image, platform, pull_policy, container_name;
  std::optional<ServiceBuild> build;
  std::optional<std::vector<std::string>> command, entrypoint;  ///< Set and empty: explicitly empty.
  /// Resolved over env files and the project's environment. nullopt: remove it from the container.
  std::map<std::string, std::optional<std::string>> environment;
  std::map<std::string, std::string> labels, annotations;
  std::map<std::string, Dependency> depends_on;  ///< Implied ones included.
  std::vector<std::string> profiles;
  int scale = 1;

  std::string hostname, domainname, user, working_dir, stop_signal;
  std::optional<base::Duration> stop_grace_period;
  bool tty = false, stdin_open = false, attach = true;
  std::optional<bool> init;
  std::optional<HealthCheck> health_check;
  RestartPolicy restart;

  std::string network_mode, mac_address;
  std::map<std::string, ServiceNetwork> networks;
  std::vector<ServicePort> ports;
  std::vector<std::string> expose, dns, dns_search, dns_options, links, external_links;
  std::vector<std::string> extra_hosts;  ///< "name=ip"

  std::vector<MountSpec> mounts;  ///< `volumes` and `tmpfs`. A Volume's source is the key in `volumes`.
  std::vector<std::string> volumes_from;
  std::vector<FileReference> secrets, configs;

  Resources resources;  ///< With deploy.resources laid over the service's own keys.
  std::vector<DeviceRequest> device_requests;  ///< gpus and deploy.resources.reservations.devices
  bool privileged = false, read_only = false, use_api_socket = false;
  std::vector<std::string> cap_add, cap_drop, security_opt, group_add, device_cgroup_rules;
  std::vector<DeviceSpec> devices;
  std::map<std::string, std::string> sysctls, storage_opt;
  std::string pid, ipc, uts, userns_mode, cgroup, cgroup_parent, isolation, runtime;
  LogSpec log;

  std::vector<Hook> pre_start, post_start, pre_stop;
  std::vector<WatchRule> watch;
  std::optional<Provider> provider;
  std::map<std::string, ModelBinding> models;

  /// Attributes that are set but that an engine may lack, by path below the service, with where they
  /// stand: an engine that cannot do one refuses it by name ("credential_spec", "deploy.placement").
  std::vector<std::pair<std::string, base::Span>> set_attributes;

  /// SHA-256 (hex) over the canonical service without what does not shape a container: build,
  /// pull_policy, scale, deploy.replicas, depends_on, profiles, x-*.
  std::string config_hash;
};

}  // namespace model
