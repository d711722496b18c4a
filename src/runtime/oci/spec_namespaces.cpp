// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "runtime/oci/spec_parts.h"

namespace runtime::oci {
namespace {

constexpr std::string_view kContainer = "container:";

tl::unexpected<base::Error> unsupported(std::string_view attribute, const std::string& value) {
  return base::fail(base::ErrorClass::Unsupported,
                    fmt::format("{}: \"{}\" is not supported by the bundled engine", attribute, value));
}

/// `mode` of one namespace: "", "private" and the listed words make a new one, "host" none.
base::Result<> add_namespace(std::string_view attribute, const std::string& mode, const std::string& path,
                             NamespaceType type, std::initializer_list<std::string_view> new_words,
                             Spec& spec) {
  if (mode == "host") return {};
  if (mode.starts_with(kContainer)) {
    if (path.empty()) {
      return base::fail(base::ErrorClass::Internal, fmt::format("{}: {} was not looked up", attribute, mode));
    }
    spec.linux_.namespaces.push_back({type, path});
    return {};
  }
  const bool fresh = mode.empty() || mode == "private" ||
                     std::find(new_words.begin(), new_words.end(), mode) != new_words.end();
  if (!fresh) return unsupported(attribute, mode);
  spec.linux_.namespaces.push_back({type, {}});
  return {};
}

bool is_ipc_sysctl(std::string_view name) {
  constexpr std::array<std::string_view, 8> kNames{"kernel.msgmax", "kernel.msgmnb",         "kernel.msgmni",
                                                   "kernel.sem",    "kernel.shmall",         "kernel.shmmax",
                                                   "kernel.shmmni", "kernel.shm_rmid_forced"};
  return name.starts_with("fs.mqueue.") || std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

/// Only what the container has a namespace of its own for: anything else would be the machine's.
base::Result<> check_sysctl(const std::string& name, const Spec& spec) {
  const auto own = [&spec](NamespaceType type) {
    const Namespace* found = spec.find_namespace(type);
    return found != nullptr && found->path.empty();
  };
  std::string dotted = name;
  std::replace(dotted.begin(), dotted.end(), '/', '.');
  if (name.find("..") == std::string::npos) {
    if (dotted.starts_with("net.") && own(NamespaceType::Network)) return {};
    if (is_ipc_sysctl(dotted) && own(NamespaceType::Ipc)) return {};
    if (dotted == "kernel.domainname" && own(NamespaceType::Uts)) return {};
  }
  return base::fail(
      base::make_error(base::ErrorClass::Invalid,
                       fmt::format("sysctl \"{}\" would change the machine, not the container", name))
          .with_hint("net.*, kernel.msg*, kernel.sem, kernel.shm* and fs.mqueue.* belong to a "
                     "container that has the namespace of its own"));
}

}  // namespace

base::Result<> add_namespaces(const model::ContainerSpec& request, const SpecInputs& inputs, Spec& spec) {
  if (!request.userns_mode.empty() && request.userns_mode != "host") {
    return unsupported("userns_mode", request.userns_mode);
  }
  if (!request.isolation.empty() && request.isolation != "default") {
    return unsupported("isolation", request.isolation);
  }
  spec.linux_.namespaces.push_back({NamespaceType::Mount, {}});
  // Whatever other network mode there is, it is a namespace of the container's own.
  const bool shares_network = request.network_mode == "host" || request.network_mode.starts_with(kContainer);
  TRY(add_namespace("network_mode", shares_network ? request.network_mode : "", inputs.network_path,
                    NamespaceType::Network, {}, spec));
  TRY(add_namespace("pid", request.pid_mode, inputs.pid_path, NamespaceType::Pid, {}, spec));
  TRY(add_namespace("ipc", request.ipc_mode, inputs.ipc_path, NamespaceType::Ipc, {"shareable", "none"},
                    spec));
  TRY(add_namespace("uts", request.uts_mode, inputs.uts_path, NamespaceType::Uts, {}, spec));
  TRY(add_namespace("cgroup", request.cgroup_mode, "", NamespaceType::Cgroup, {}, spec));

  const Namespace* uts = spec.find_namespace(NamespaceType::Uts);
  if (uts != nullptr && uts->path.empty()) {
    spec.hostname = inputs.hostname.empty() ? inputs.id.substr(0, 12) : inputs.hostname;
    spec.domainname = request.domainname;
    if (!request.domainname.empty()) spec.hostname += "." + request.domainname;
  }
  const Namespace* network = spec.find_namespace(NamespaceType::Network);
  if (network != nullptr && network->path.empty()) {
    // In a network of one's own these need no privilege; so any user can ping and listen on port 80.
    spec.linux_.sysctl["net.ipv4.ip_unprivileged_port_start"] = "0";
    spec.linux_.sysctl["net.ipv4.ping_group_range"] = "0 2147483647";
  }
  for (const auto& [name, value] : request.sysctls) {
    TRY(check_sysctl(name, spec));
    spec.linux_.sysctl[name] = value;
  }
  return {};
}

}  // namespace runtime::oci
