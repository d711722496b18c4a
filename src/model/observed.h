// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/container_spec.h"

namespace model {

using TimePoint = std::chrono::sys_time<std::chrono::nanoseconds>;

enum class ContainerStatus { Created, Running, Paused, Restarting, Exited, Dead };
enum class Health { None, Starting, Healthy, Unhealthy };

/// "created", "running", ...: as docker prints them.
std::string_view to_text(ContainerStatus status);
std::string_view to_text(Health health);
/// Running, paused or about to run again: stopping it means something.
bool is_active(ContainerStatus status);

struct PublishedPort {
  std::string host_ip;
  std::uint16_t host_port = 0;
  std::uint16_t container_port = 0;
  std::string protocol;
  bool operator==(const PublishedPort&) const = default;
};

struct ObservedEndpoint {
  std::string network;  ///< Name.
  std::string network_id;
  std::vector<std::string> aliases;
  std::string ipv4_address, ipv6_address, mac_address, gateway;
};

struct ObservedMount {
  MountType type = MountType::Bind;
  std::string name;      ///< Volume name.
  std::string source;    ///< Host path.
  std::string image_id;  ///< Of a mounted image, whatever its name has come to mean.
  std::string target;
  bool read_only = false;
  bool anonymous = false;
};

/// One container as the engine has it.
struct ObservedContainer {
  std::string id;                    ///< 64 hex digits.
  std::string name;                  ///< Without a leading slash.
  std::string image;                 ///< The reference it was created from.
  std::string image_id;              ///< "sha256:..."
  std::vector<std::string> command;  ///< Entrypoint and command as run.
  std::map<std::string, std::string> labels;
  ContainerStatus status = ContainerStatus::Created;
  Health health = Health::None;
  int exit_code = 0;
  bool oom_killed = false;
  std::string error;  ///< Why the last start failed, or what was found wrong with it.
  std::int64_t pid = 0;
  int restart_count = 0;
  bool tty = false;
  TimePoint created, started, finished;
  std::vector<PublishedPort> ports;
  std::vector<std::string> exposed;  ///< "80/tcp"
  std::vector<ObservedEndpoint> endpoints;
  std::vector<ObservedMount> mounts;
  std::string network_mode;
  std::string health_log;  ///< Output of the last health probe.

  /// The label's value, or "".
  std::string label(std::string_view key) const;
};

struct ObservedNetwork {
  std::string id, name, driver;
  std::map<std::string, std::string> labels;
  bool internal = false, enable_ipv6 = false, attachable = false;
  std::vector<std::string> subnets, gateways;
  TimePoint created;
};

struct ObservedVolume {
  std::string name, driver, mount_point;
  std::map<std::string, std::string> labels, options;
  TimePoint created;
};

struct ObservedImage {
  std::string id;  ///< "sha256:..."
  std::vector<std::string> tags, digests;
  std::map<std::string, std::string> labels;
  TimePoint created;
  TimePoint last_tagged;  ///< When a name was last given to it, by a pull or build or by hand.
  std::int64_t size = 0;  ///< Bytes unpacked, all layers.
  std::string platform;   ///< os/arch[/variant]
  std::vector<std::string> entrypoint, command, environment, volumes, exposed, shell, on_build;
  std::string user, working_dir, stop_signal, author;
  std::optional<HealthCheck> health_check;
  std::vector<std::string> layers;  ///< Diff IDs, bottom first; only where they were asked for.
};

/// One read of the world: what belongs to a project, and what it refers to.
struct Observed {
  std::vector<ObservedContainer> containers;
  std::vector<ObservedNetwork> networks;
  std::vector<ObservedVolume> volumes;
  std::map<std::string, ObservedImage> images;  ///< By the reference asked for; absent: not there.
};

}  // namespace model
