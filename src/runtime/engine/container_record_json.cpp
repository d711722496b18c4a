// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "runtime/engine/container_record.h"

namespace runtime::engine {
namespace {

using nlohmann::json;

// One list of members a struct serves both directions: `visit(name, member)`.
template <class V>
void members(V& v, model::HealthCheck& s) {
  v("test", s.test), v("interval", s.interval), v("timeout", s.timeout);
  v("start_period", s.start_period), v("start_interval", s.start_interval), v("retries", s.retries);
}
template <class V>
void members(V& v, model::Ulimit& s) {
  v("soft", s.soft), v("hard", s.hard);
}
template <class V>
void members(V& v, base::ByteSize& s) {
  v("bytes", s.bytes);
}
template <class V>
void members(V& v, model::BlockDeviceWeight& s) {
  v("path", s.path), v("weight", s.weight);
}
template <class V>
void members(V& v, model::BlockDeviceRate& s) {
  v("path", s.path), v("rate", s.rate);
}
template <class V>
void members(V& v, model::BlockIo& s) {
  v("weight", s.weight), v("weight_device", s.weight_device), v("read_bps", s.read_bps);
  v("write_bps", s.write_bps), v("read_iops", s.read_iops), v("write_iops", s.write_iops);
}
template <class V>
void members(V& v, model::Resources& s) {
  v("memory", s.memory), v("memory_reservation", s.memory_reservation), v("memory_swap", s.memory_swap);
  v("memory_swappiness", s.memory_swappiness), v("nano_cpus", s.nano_cpus), v("cpu_shares", s.cpu_shares);
  v("cpu_quota", s.cpu_quota), v("cpu_period", s.cpu_period), v("cpu_rt_runtime", s.cpu_rt_runtime);
  v("cpu_rt_period", s.cpu_rt_period), v("cpuset", s.cpuset), v("pids_limit", s.pids_limit);
  v("shm_size", s.shm_size), v("oom_kill_disable", s.oom_kill_disable);
  v("oom_score_adj", s.oom_score_adj), v("ulimits", s.ulimits), v("block_io", s.block_io);
}
template <class V>
void members(V& v, model::RestartPolicy& s) {
  v("mode", s.mode), v("max_attempts", s.max_attempts);
}
template <class V>
void members(V& v, model::EndpointSpec& s) {
  v("network", s.network), v("aliases", s.aliases), v("ipv4", s.ipv4_address), v("ipv6", s.ipv6_address);
  v("link_local", s.link_local_ips), v("mac", s.mac_address), v("interface", s.interface_name);
  v("driver_opts", s.driver_opts), v("gateway_priority", s.gateway_priority);
}
template <class V>
void members(V& v, model::PortBinding& s) {
  v("host_ip", s.host_ip), v("host_port", s.host_port), v("host_port_end", s.host_port_end);
  v("container_port", s.container_port), v("protocol", s.protocol);
}
template <class V>
void members(V& v, model::MountSpec& s) {
  v("type", s.type), v("source", s.source), v("target", s.target), v("read_only", s.read_only);
  v("create_host_path", s.create_host_path), v("propagation", s.propagation), v("recursive", s.recursive);
  v("selinux", s.selinux), v("no_copy", s.no_copy), v("volume_labels", s.volume_labels);
  v("subpath", s.subpath), v("tmpfs_size", s.tmpfs_size), v("tmpfs_mode", s.tmpfs_mode);
  v("tmpfs_options", s.tmpfs_options);
}
template <class V>
void members(V& v, model::FileSpec& s) {
  v("target", s.target), v("content", s.content), v("source", s.source);
  v("uid", s.uid), v("gid", s.gid), v("mode", s.mode);
}
template <class V>
void members(V& v, model::DeviceSpec& s) {
  v("source", s.source), v("target", s.target), v("permissions", s.permissions);
}
template <class V>
void members(V& v, model::DeviceRequest& s) {
  v("driver", s.driver), v("capabilities", s.capabilities), v("device_ids", s.device_ids);
  v("count", s.count), v("options", s.options);
}
template <class V>
void members(V& v, model::LogSpec& s) {
  v("driver", s.driver), v("options", s.options);
}

template <class V>
void process_members(V& v, model::ContainerSpec& s) {
  v("name", s.name), v("image", s.image), v("platform", s.platform), v("entrypoint", s.entrypoint);
  v("command", s.command), v("environment", s.environment), v("labels", s.labels);
  v("annotations", s.annotations), v("hostname", s.hostname), v("domainname", s.domainname);
  v("user", s.user), v("working_dir", s.working_dir), v("tty", s.tty), v("stdin_open", s.stdin_open);
  v("attach", s.attach), v("auto_remove", s.auto_remove), v("stop_signal", s.stop_signal);
  v("stop_grace_period", s.stop_grace_period), v("health_check", s.health_check);
  v("restart", s.restart), v("init", s.init), v("log", s.log), v("runtime", s.runtime);
}
template <class V>
void network_members(V& v, model::ContainerSpec& s) {
  v("network_mode", s.network_mode), v("endpoints", s.endpoints), v("mac_address", s.mac_address);
  v("ports", s.ports), v("expose", s.expose), v("dns", s.dns), v("dns_search", s.dns_search);
  v("dns_options", s.dns_options), v("extra_hosts", s.extra_hosts), v("links", s.links);
}
template <class V>
void confinement_members(V& v, model::ContainerSpec& s) {
  v("mounts", s.mounts), v("volumes_from", s.volumes_from), v("files", s.files);
  v("resources", s.resources), v("privileged", s.privileged), v("read_only", s.read_only);
  v("cap_add", s.cap_add), v("cap_drop", s.cap_drop), v("security_opt", s.security_opt);
  v("group_add", s.group_add), v("device_cgroup_rules", s.device_cgroup_rules);
  v("devices", s.devices), v("device_requests", s.device_requests), v("sysctls", s.sysctls);
  v("storage_opt", s.storage_opt), v("pid_mode", s.pid_mode), v("ipc_mode", s.ipc_mode);
  v("uts_mode", s.uts_mode), v("userns_mode", s.userns_mode), v("cgroup_mode", s.cgroup_mode);
  v("cgroup_parent", s.cgroup_parent), v("isolation", s.isolation);
}
template <class V>
void members(V& v, model::ContainerSpec& s) {
  process_members(v, s), network_members(v, s), confinement_members(v, s);
}
template <class V>
void members(V& v, EndpointLease& s) {
  v("network", s.network), v("network_id", s.network_id), v("ipv4", s.ipv4_address);
  v("ipv6", s.ipv6_address), v("mac", s.mac_address);
}
template <class V>
void members(V& v, ResolvedMount& s) {
  v("spec", s.spec), v("anonymous", s.anonymous), v("image_id", s.image_id);
}
template <class V>
void members(V& v, ContainerRecord& s) {
  v("id", s.id), v("spec", s.spec), v("image_id", s.image_id), v("created_ns", s.created_ns);
  v("process", s.process), v("mounts", s.mounts), v("leases", s.leases);
}

struct Probe {
  template <class T>
  void operator()(const char*, T&) {}
};
template <class T>
concept Struct = requires(T& value, Probe& probe) {
  members(probe, value);
};

template <class T>
json encode(const T& value);

struct Writer {
  json& out;
  template <class T>
  void operator()(const char* name, T& value) {
    // An enumeration's default need not be its first value, so it is always written.
    if (!std::is_enum_v<T> && value == T{}) return;
    out[name] = encode(value);
  }
  // A member whose default is not T{} is always written, so that reading never has to know it.
  void operator()(const char* name, bool& value) { out[name] = value; }
  void operator()(const char* name, std::uint32_t& value) { out[name] = value; }
  template <class T>
  void operator()(const char* name, std::optional<T>& value) {
    if (value) out[name] = encode(*value);
  }
};

template <class T>
json encode(const T& value) {
  if constexpr (Struct<T>) {
    json out = json::object();
    Writer writer{out};
    members(writer, const_cast<T&>(value));  // the visitor only reads
    return out;
  } else if constexpr (std::is_enum_v<T>) {
    return static_cast<int>(value);
  } else if constexpr (std::is_same_v<T, base::Duration>) {
    return value.count();
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
    return value;
  } else if constexpr (requires { typename T::mapped_type; }) {
    json out = json::object();
    for (const auto& [key, item] : value) out[key] = encode(item);
    return out;
  } else {
    json out = json::array();
    for (const auto& item : value) out.push_back(encode(item));
    return out;
  }
}

template <class T>
void decode(const json& in, T& value);

struct Reader {
  const json& in;
  template <class T>
  void operator()(const char* name, T& value) {
    const auto found = in.find(name);
    if (found != in.end()) decode(*found, value);
  }
  template <class T>
  void operator()(const char* name, std::optional<T>& value) {
    const auto found = in.find(name);
    if (found != in.end()) decode(*found, value.emplace());
  }
};

template <class T>
void decode(const json& in, T& value) {
  if constexpr (Struct<T>) {
    Reader reader{in};
    members(reader, value);
  } else if constexpr (std::is_enum_v<T>) {
    value = static_cast<T>(in.get<int>());
  } else if constexpr (std::is_same_v<T, base::Duration>) {
    value = base::Duration(in.get<std::int64_t>());
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
    in.get_to(value);
  } else if constexpr (requires { typename T::mapped_type; }) {
    for (const auto& [key, item] : in.items()) decode(item, value[key]);
  } else {
    value.resize(in.size());
    for (std::size_t i = 0; i < in.size(); ++i) decode(in[i], value[i]);
  }
}

}  // namespace

std::string encode_record(const ContainerRecord& record) {
  return encode(record).dump(-1, ' ', false, json::error_handler_t::replace);
}

base::Result<ContainerRecord> decode_record(const std::string& text) {
  try {
    ContainerRecord record;
    decode(json::parse(text), record);
    return record;
  } catch (const json::exception& error) {
    return base::fail(base::ErrorClass::Internal,
                      std::string("a container's record cannot be read: ") + error.what());
  }
}

}  // namespace runtime::engine
