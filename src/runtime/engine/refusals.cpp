// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/refusals.h"

#include <unistd.h>

#include <array>

#include <fmt/format.h>

#include "runtime/container/cgroup_plan.h"
#include "runtime/engine/device_lookup.h"
#include "runtime/engine/log_plan.h"
#include "runtime/engine/unsupported.h"
#include "runtime/network/endpoint_plan.h"
#include "runtime/oci/make_spec.h"
#include "sys/capability.h"
#include "sys/cgroup.h"
#include "sys/signal_name.h"

namespace runtime::engine {
namespace {

using Spec = model::ContainerSpec;

/// One attribute of a request, taken over alone: so each fault is told, and whose it is.
struct Part {
  const char* attribute;
  void (*take)(const Spec& from, Spec& to);
};
constexpr std::array kParts{
    Part{"blkio_config", [](const Spec& from, Spec& to) { to.resources.block_io = from.resources.block_io; }},
    Part{"cap_add", [](const Spec& from, Spec& to) { to.cap_add = from.cap_add; }},
    Part{"cap_drop", [](const Spec& from, Spec& to) { to.cap_drop = from.cap_drop; }},
    Part{"cpu_rt_runtime",
         [](const Spec& from, Spec& to) {
           to.resources.cpu_rt_runtime = from.resources.cpu_rt_runtime;
           to.resources.cpu_rt_period = from.resources.cpu_rt_period;
         }},
    Part{"device_cgroup_rules",
         [](const Spec& from, Spec& to) { to.device_cgroup_rules = from.device_cgroup_rules; }},
    Part{"devices", [](const Spec& from, Spec& to) { to.devices = from.devices; }},
    Part{"gpus", [](const Spec& from, Spec& to) { to.device_requests = from.device_requests; }},
    Part{"isolation", [](const Spec& from, Spec& to) { to.isolation = from.isolation; }},
    Part{"logging", [](const Spec& from, Spec& to) { to.log = from.log; }},
    Part{"mac_address", [](const Spec& from, Spec& to) { to.mac_address = from.mac_address; }},
    Part{"networks", [](const Spec& from, Spec& to) { to.endpoints = from.endpoints; }},
    Part{"platform", [](const Spec& from, Spec& to) { to.platform = from.platform; }},
    Part{"runtime", [](const Spec& from, Spec& to) { to.runtime = from.runtime; }},
    Part{"security_opt", [](const Spec& from, Spec& to) { to.security_opt = from.security_opt; }},
    Part{"stop_signal", [](const Spec& from, Spec& to) { to.stop_signal = from.stop_signal; }},
    Part{"storage_opt", [](const Spec& from, Spec& to) { to.storage_opt = from.storage_opt; }},
    Part{"userns_mode", [](const Spec& from, Spec& to) { to.userns_mode = from.userns_mode; }},
};

/// Block and real-time limits depend on the kernel's build and on what the groups above leave: it is asked.
base::Result<> try_limits(const oci::Resources& resources, const sys::CgroupHierarchy& hierarchy) {
  const sys::Cgroup cgroup =
      TRY(container::make_cgroup(resources, fmt::format("/compose-check-{}", ::getpid()), hierarchy));
  TRY(sys::create_cgroup(cgroup));
  return sys::remove_cgroup(cgroup);
}

base::Result<> check(const Spec& part) {
  TRY(refuse_unsupported(part));
  TRY(make_log_plan(part.log, ""));
  if (!part.stop_signal.empty()) TRY_WHILE(sys::parse_signal(part.stop_signal), "reading stop_signal");
  TRY(network::check_endpoint({.mac_address = part.mac_address}));
  for (const model::EndpointSpec& endpoint : part.endpoints) {
    TRY_WHILE(network::check_endpoint(endpoint), fmt::format("checking network {}", endpoint.network));
  }
  oci::SpecInputs inputs;
  inputs.devices = TRY(find_devices(part));
  inputs.block_devices = TRY(find_block_devices(part.resources.block_io));
  inputs.known_capabilities = TRY(sys::available_capabilities());
  const oci::Spec spec = TRY(oci::make_spec(part, {}, inputs));
  const oci::Resources& resources = spec.linux_.resources;
  const bool kernel_knows = part.resources != model::Resources{};
  return kernel_knows ? try_limits(resources, TRY(sys::find_cgroup_hierarchy())) : base::Result<>{};
}

}  // namespace

std::vector<engine_client::Refusal> find_refusals(const Spec& spec) {
  std::vector<engine_client::Refusal> refusals;
  for (const Part& part : kParts) {
    Spec alone;
    part.take(spec, alone);
    if (alone == Spec{}) continue;
    alone.command = {"any"};
    auto good = check(alone);
    if (!good) refusals.push_back({part.attribute, std::move(good).error()});
  }
  return refusals;
}

}  // namespace runtime::engine
