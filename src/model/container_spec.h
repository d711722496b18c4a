// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/duration.h"
#include "model/health_check.h"
#include "model/resources.h"

namespace model {

enum class RestartMode { No, Always, OnFailure, UnlessStopped };
struct RestartPolicy {
  RestartMode mode = RestartMode::No;
  int max_attempts = 0;  ///< Only with OnFailure; 0 is without limit.
  bool operator==(const RestartPolicy&) const = default;
};

/// One attachment of a container to a network.
struct EndpointSpec {
  std::string network;  ///< Name of the network in the engine, not the key in the file.
  std::vector<std::string> aliases;
  std::string ipv4_address, ipv6_address;  ///< Static addresses; empty: the engine chooses.
  std::vector<std::string> link_local_ips;
  std::string mac_address;
  std::string interface_name;
  std::map<std::string, std::string> driver_opts;
  int gateway_priority = 0;
  bool operator==(const EndpointSpec&) const = default;
};

/// A host port that leads to a container port.
struct PortBinding {
  std::string host_ip;         ///< Empty: every address of the host, IPv4 and IPv6.
  std::uint16_t host_port = 0;      ///< 0: the engine chooses a free one.
  std::uint16_t host_port_end = 0;  ///< Last port to choose from; 0: only `host_port`.
  std::uint16_t container_port = 0;
  std::string protocol = "tcp";  ///< tcp, udp or sctp
  bool operator==(const PortBinding&) const = default;
};

enum class MountType { Bind, Volume, Tmpfs, Image };

/// One mount, wherever it came from in the file.
struct MountSpec {
  MountType type = MountType::Volume;
  std::string source;  ///< Absolute host path, volume name ("" = anonymous), or image reference.
  std::string target;  ///< Absolute path in the container.
  bool read_only = false;
  // bind
  bool create_host_path = true;
  std::string propagation;  ///< rprivate when empty; or private, shared, slave, rshared, rslave
  std::string recursive;    ///< enabled (default), disabled, writable, readonly
  std::string selinux;      ///< z or Z
  // volume
  bool no_copy = false;  ///< Leave a fresh volume empty instead of copying the image's content.
  std::map<std::string, std::string> volume_labels;
  std::string subpath;  ///< volume and image
  // tmpfs
  std::optional<base::ByteSize> tmpfs_size;
  std::optional<std::uint32_t> tmpfs_mode;
  std::string tmpfs_options;  ///< Raw mount options of the short form, comma separated.
  bool operator==(const MountSpec&) const = default;
};

/// A file the engine places in the container before it starts: a secret or a config.
struct FileSpec {
  std::string target;  ///< Absolute path in the container.
  std::string content; ///< Used when `source` is empty.
  std::string source;  ///< Host file to show read-only.
  std::uint32_t uid = 0, gid = 0;
  std::uint32_t mode = 0444;
  bool operator==(const FileSpec&) const = default;
};

struct DeviceSpec {
  std::string source, target;
  std::string permissions = "rwm";
  bool operator==(const DeviceSpec&) const = default;
};

struct DeviceRequest {
  std::string driver;
  std::vector<std::string> capabilities, device_ids;
  std::int64_t count = 0;  ///< -1: all
  std::map<std::string, std::string> options;
  bool operator==(const DeviceRequest&) const = default;
};

struct LogSpec {
  std::string driver;  ///< Empty: the engine's default.
  std::map<std::string, std::string> options;
  bool operator==(const LogSpec&) const = default;
};

/// Everything an engine needs to create one container: engine neutral, names already resolved, no
/// reference to a Compose file left. What is unset comes from the image, then from the engine.
struct ContainerSpec {
  std::string name;
  std::string image;  ///< Reference, or image ID.
  std::string platform;
  std::optional<std::vector<std::string>> entrypoint;  ///< Set and empty: none, even if the image has one.
  std::optional<std::vector<std::string>> command;
  std::vector<std::string> environment;  ///< "K=V"; a bare "K" removes the image's K.
  std::map<std::string, std::string> labels, annotations;
  std::string hostname, domainname, user, working_dir;
  bool tty = false, stdin_open = false;
  /// The caller will attach: keep output for it from the first byte, close stdin with it.
  bool attach = false;
  /// Remove the container when it exits (`run --rm`).
  bool auto_remove = false;
  std::string stop_signal;
  std::optional<base::Duration> stop_grace_period;  ///< Engine default 10 s.
  std::optional<HealthCheck> health_check;
  RestartPolicy restart;
  bool init = false;

  /// "" = endpoints below; "none", "host", "container:<id>", or "bridge" (the engine's own default).
  std::string network_mode;
  std::vector<EndpointSpec> endpoints;  ///< First is the primary one.
  std::string mac_address;
  std::vector<PortBinding> ports;
  std::vector<std::string> expose;  ///< "80/tcp"
  std::vector<std::string> dns, dns_search, dns_options;
  std::vector<std::string> extra_hosts;  ///< "name=ip"; ip may be "host-gateway"
  std::vector<std::string> links;        ///< "container:alias"

  std::vector<MountSpec> mounts;
  std::vector<std::string> volumes_from;  ///< "<container id>[:ro]"
  std::vector<FileSpec> files;

  Resources resources;
  bool privileged = false, read_only = false;
  std::vector<std::string> cap_add, cap_drop, security_opt, group_add, device_cgroup_rules;
  std::vector<DeviceSpec> devices;
  std::vector<DeviceRequest> device_requests;
  std::map<std::string, std::string> sysctls, storage_opt;
  std::string pid_mode, ipc_mode, uts_mode, userns_mode, cgroup_mode, cgroup_parent, isolation;
  std::string runtime;
  LogSpec log;

  bool operator==(const ContainerSpec&) const = default;
};

}  // namespace model
