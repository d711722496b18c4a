// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "compose/load/decode.h"

namespace compose::load {
namespace {

std::optional<std::int64_t> nano_cpus(const Tree& node, std::string_view key) {
  const Tree* found = node.find_value(key);
  if (found == nullptr) return std::nullopt;
  const double count =
      found->kind == Kind::Float ? found->float_value : static_cast<double>(found->int_value);
  return std::llround(count * 1e9);
}

std::vector<model::BlockDeviceRate> rates(const Tree& node, std::string_view key) {
  std::vector<model::BlockDeviceRate> out;
  if (const Tree* list = node.find(key)) {
    for (const Tree& item : list->items) {
      const auto rate = byte_size(item, "rate");
      out.push_back({text(item, "path"), rate ? rate->bytes : 0});
    }
  }
  return out;
}

void decode_block_io(const Tree& node, model::BlockIo& io) {
  const Tree* config = node.find_value("blkio_config");
  if (config == nullptr) return;
  if (const auto weight = integer(*config, "weight")) io.weight = static_cast<std::uint16_t>(*weight);
  if (const Tree* list = config->find("weight_device")) {
    for (const Tree& item : list->items) {
      io.weight_device.push_back(
          {text(item, "path"), static_cast<std::uint16_t>(integer(item, "weight").value_or(0))});
    }
  }
  io.read_bps = rates(*config, "device_read_bps");
  io.write_bps = rates(*config, "device_write_bps");
  io.read_iops = rates(*config, "device_read_iops");
  io.write_iops = rates(*config, "device_write_iops");
}

std::vector<model::DeviceRequest> device_requests(const Tree* list, std::string_view implied) {
  std::vector<model::DeviceRequest> out;
  if (list == nullptr) return out;
  for (const Tree& item : list->items) {
    model::DeviceRequest request{.driver = text(item, "driver"),
                                 .capabilities = text_list(item, "capabilities"),
                                 .device_ids = text_list(item, "device_ids"),
                                 .count = integer(item, "count").value_or(0),
                                 .options = text_map(item, "options")};
    const bool named = std::ranges::find(request.capabilities, implied) != request.capabilities.end();
    if (!implied.empty() && !named) request.capabilities.emplace_back(implied);
    out.push_back(std::move(request));
  }
  return out;
}

/// deploy.resources, laid over the service's own keys. compose-spec: deploy.resources
void decode_deploy(const Tree& node, model::Service& service) {
  const Tree* deploy = node.find_value("deploy");
  const Tree* resources = deploy == nullptr ? nullptr : deploy->find_value("resources");
  if (resources == nullptr) return;
  model::Resources& out = service.resources;
  if (const Tree* limits = resources->find_value("limits")) {
    if (const auto memory = byte_size(*limits, "memory")) out.memory = memory;
    if (const auto cpus = nano_cpus(*limits, "cpus")) out.nano_cpus = cpus;
    if (const auto pids = integer(*limits, "pids")) out.pids_limit = pids;
  }
  if (const Tree* reservations = resources->find_value("reservations")) {
    if (const auto memory = byte_size(*reservations, "memory")) out.memory_reservation = memory;
    for (model::DeviceRequest& request : device_requests(reservations->find("devices"), "")) {
      service.device_requests.push_back(std::move(request));
    }
  }
}

}  // namespace

void decode_resources(const Tree& node, const Path& path, const LoadContext& context,
                      model::Service& service) {
  model::Resources& out = service.resources;
  out.memory = byte_size(node, "mem_limit");
  out.memory_reservation = byte_size(node, "mem_reservation");
  out.memory_swap = byte_size(node, "memswap_limit");
  if (const auto swappiness = byte_size(node, "mem_swappiness")) {
    out.memory_swappiness = static_cast<int>(swappiness->bytes);
    if (swappiness->bytes > 100) {
      context.error(path.child("mem_swappiness"), node.find("mem_swappiness")->span,
                    fmt::format("{} is out of range (0-100)", swappiness->bytes));
    }
  }
  out.nano_cpus = nano_cpus(node, "cpus");
  out.cpu_shares = integer(node, "cpu_shares");
  out.cpu_quota = integer(node, "cpu_quota");
  out.cpu_period = integer(node, "cpu_period");
  out.cpu_rt_runtime = integer(node, "cpu_rt_runtime");
  out.cpu_rt_period = integer(node, "cpu_rt_period");
  out.cpuset = text(node, "cpuset");
  out.pids_limit = integer(node, "pids_limit");
  out.shm_size = byte_size(node, "shm_size");
  out.oom_kill_disable = choice(node, "oom_kill_disable");
  if (const auto score = integer(node, "oom_score_adj")) out.oom_score_adj = static_cast<int>(*score);
  out.ulimits = ulimits(node);
  decode_block_io(node, out.block_io);
  service.device_requests = device_requests(node.find("gpus"), "gpu");
  decode_deploy(node, service);
  if (const Tree* devices = node.find("devices")) {
    for (const Tree& item : devices->items) {
      const std::string permissions = text(item, "permissions");
      service.devices.push_back(
          {.source = text(item, "source"),
           .target = text(item, "target").empty() ? text(item, "source") : text(item, "target"),
           .permissions = permissions.empty() ? "rwm" : permissions});
    }
  }
  service.device_cgroup_rules = text_list(node, "device_cgroup_rules");
  service.storage_opt = text_map(node, "storage_opt");
}

}  // namespace compose::load
