// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/oci/spec_parts.h"

namespace runtime::oci {
namespace {

constexpr std::int64_t kMinimumMemory = 6 << 20;
constexpr std::int64_t kCpuPeriod = 100000;  // Microseconds.
constexpr std::int64_t kNano = 1000000000;

tl::unexpected<base::Error> invalid(std::string message) {
  return base::fail(base::ErrorClass::Invalid, std::move(message));
}

std::vector<Device> default_devices() {
  return {{"/dev/null", 'c', 1, 3},   {"/dev/zero", 'c', 1, 5},    {"/dev/full", 'c', 1, 7},
          {"/dev/random", 'c', 1, 8}, {"/dev/urandom", 'c', 1, 9}, {"/dev/tty", 'c', 5, 0}};
}

DeviceRule allow(char type, std::optional<std::uint32_t> major, std::optional<std::uint32_t> minor,
                 const char* access = "rwm") {
  return {true, type, major, minor, access};
}

/// Nodes of every kind may be made (and lie in an image), but only these may be opened.
std::vector<DeviceRule> default_rules() {
  std::vector<DeviceRule> rules{DeviceRule{}};
  rules.push_back(allow('c', {}, {}, "m"));
  rules.push_back(allow('b', {}, {}, "m"));
  for (const std::uint32_t minor : {3u, 5u, 7u, 8u, 9u}) rules.push_back(allow('c', 1, minor));
  for (const std::uint32_t minor : {0u, 1u, 2u}) rules.push_back(allow('c', 5, minor));
  rules.push_back(allow('c', 136, {}));
  return rules;
}

base::Result<std::optional<std::uint32_t>> parse_number(std::string_view text, const std::string& rule) {
  if (text == "*") return std::optional<std::uint32_t>();
  std::uint32_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    return invalid(fmt::format("device_cgroup_rules: \"{}\": \"{}\" is neither a number nor *", rule, text));
  }
  return std::optional(number);
}

bool is_access(std::string_view text) {
  return !text.empty() && text.size() <= 3 && text.find_first_not_of("rwm") == std::string_view::npos;
}

/// compose-spec: services.*.device_cgroup_rules: "c 1:3 mr", "a 7:* rwm"
base::Result<DeviceRule> parse_rule(const std::string& text) {
  const std::vector<std::string> words = base::split(base::trim(text), ' ');
  const bool shaped = words.size() == 3 && words[0].size() == 1 &&
                      std::string_view("abc").find(words[0][0]) != std::string_view::npos &&
                      words[1].find(':') != std::string::npos && is_access(words[2]);
  if (!shaped) {
    return base::fail(
        base::make_error(base::ErrorClass::Invalid,
                         fmt::format("device_cgroup_rules: \"{}\" is not a device rule", text))
            .with_hint("write it as \"c 1:3 rwm\": a, b or c; major:minor, * for any; some of rwm"));
  }
  const auto [major, minor] = base::split_once(words[1], ':');
  return DeviceRule{true, words[0][0], TRY(parse_number(major, text)), TRY(parse_number(minor, text)),
                    words[2]};
}

/// Access to a requested device as the request has it; devices found in a requested folder share its.
base::Result<std::string> find_access(const model::ContainerSpec& request, const Device& device) {
  for (const model::DeviceSpec& asked : request.devices) {
    const std::string& target = asked.target.empty() ? asked.source : asked.target;
    if (device.path != target && !device.path.starts_with(target + "/")) continue;
    if (is_access(asked.permissions)) return asked.permissions;
    return invalid(fmt::format("devices: {}: \"{}\" is not made of r, w and m", target, asked.permissions));
  }
  return "rwm";
}

base::Result<> add_devices(const model::ContainerSpec& request, const SpecInputs& inputs, Spec& spec) {
  std::vector<Device>& devices = spec.linux_.devices;
  std::vector<DeviceRule>& rules = spec.linux_.resources.devices;
  devices = default_devices();
  if (request.privileged)
    rules = {allow('a', {}, {})};
  else
    rules = default_rules();
  for (const Device& device : inputs.devices) {
    devices.erase(std::remove_if(devices.begin(), devices.end(),
                                 [&device](const Device& other) { return other.path == device.path; }),
                  devices.end());
    devices.push_back(device);
    if (request.privileged) continue;
    rules.push_back({true, device.type, device.major, device.minor, TRY(find_access(request, device))});
  }
  for (const std::string& text : request.device_cgroup_rules) rules.push_back(TRY(parse_rule(text)));
  return {};
}

std::optional<std::int64_t> bytes_of(const std::optional<base::ByteSize>& size) {
  if (!size || size->bytes == 0) return std::nullopt;
  return size->bytes;
}

base::Result<> add_memory(const model::Resources& asked, Memory& memory) {
  memory.limit = bytes_of(asked.memory);
  memory.reservation = bytes_of(asked.memory_reservation);
  memory.swap = bytes_of(asked.memory_swap);
  memory.swappiness = asked.memory_swappiness;
  if (asked.oom_kill_disable.value_or(false)) memory.disable_oom_killer = true;
  if (memory.limit && *memory.limit > 0 && *memory.limit < kMinimumMemory) {
    return invalid(fmt::format("mem_limit: {} bytes is too little: 6 MiB is the least", *memory.limit));
  }
  if (memory.swap && *memory.swap > 0 && !memory.limit) {
    return invalid("memswap_limit needs mem_limit: it is memory and swap together");
  }
  if (memory.swap && memory.limit && *memory.swap > 0 && *memory.swap < *memory.limit) {
    return invalid("memswap_limit is smaller than mem_limit: it is memory and swap together");
  }
  if (memory.reservation && memory.limit && *memory.limit > 0 && *memory.reservation > *memory.limit) {
    return invalid("mem_reservation is larger than mem_limit");
  }
  if (memory.swappiness && (*memory.swappiness < 0 || *memory.swappiness > 100)) {
    return invalid(fmt::format("mem_swappiness: {} is not in the range 0 to 100", *memory.swappiness));
  }
  return {};
}

base::Result<> add_cpu(const model::Resources& asked, Cpu& cpu) {
  if (asked.nano_cpus && *asked.nano_cpus > 0) {
    if (asked.cpu_quota.value_or(0) != 0 || asked.cpu_period.value_or(0) != 0) {
      return invalid("cpus and cpu_quota or cpu_period say the same thing: set one of them");
    }
    cpu.period = kCpuPeriod;
    // Divided first: a product of both could be too large for 64 bits.
    cpu.quota = *asked.nano_cpus / (kNano / kCpuPeriod);
  }
  const auto positive = [](const std::optional<std::int64_t>& value) {
    return value && *value != 0 ? value : std::nullopt;
  };
  if (!cpu.quota) cpu.quota = positive(asked.cpu_quota);
  if (!cpu.period) cpu.period = positive(asked.cpu_period);
  cpu.shares = positive(asked.cpu_shares);
  cpu.realtime_runtime = positive(asked.cpu_rt_runtime);
  cpu.realtime_period = positive(asked.cpu_rt_period);
  cpu.cpus = asked.cpuset;
  return {};
}

base::Result<BlockDeviceValue> make_block_value(const std::string& path, std::int64_t value,
                                                const SpecInputs& inputs) {
  const auto found = inputs.block_devices.find(path);
  if (found == inputs.block_devices.end()) {
    return base::fail(base::ErrorClass::NotFound,
                      fmt::format("blkio_config: {} is not a block device", path));
  }
  if (value < 0) return invalid(fmt::format("blkio_config: {}: {} is below 0", path, value));
  return BlockDeviceValue{found->second.major, found->second.minor, static_cast<std::uint64_t>(value)};
}

base::Result<> add_block_io(const model::BlockIo& asked, const SpecInputs& inputs, BlockIo& block) {
  block.weight = asked.weight;
  if (asked.weight && *asked.weight != 0 && (*asked.weight < 10 || *asked.weight > 1000)) {
    return invalid(fmt::format("blkio_config: weight {} is not in the range 10 to 1000", *asked.weight));
  }
  if (block.weight == 0) block.weight.reset();
  for (const model::BlockDeviceWeight& device : asked.weight_device) {
    block.weight_device.push_back(TRY(make_block_value(device.path, device.weight, inputs)));
  }
  const auto add = [&inputs](const std::vector<model::BlockDeviceRate>& rates,
                             std::vector<BlockDeviceValue>& values) -> base::Result<> {
    for (const model::BlockDeviceRate& rate : rates) {
      values.push_back(TRY(make_block_value(rate.path, rate.rate, inputs)));
    }
    return {};
  };
  TRY(add(asked.read_bps, block.read_bps));
  TRY(add(asked.write_bps, block.write_bps));
  TRY(add(asked.read_iops, block.read_iops));
  return add(asked.write_iops, block.write_iops);
}

}  // namespace

base::Result<> add_resources(const model::ContainerSpec& request, const SpecInputs& inputs, Spec& spec) {
  Resources& resources = spec.linux_.resources;
  spec.linux_.cgroups_path = inputs.cgroups_path;
  TRY(add_devices(request, inputs, spec));
  TRY(add_memory(request.resources, resources.memory));
  TRY(add_cpu(request.resources, resources.cpu));
  TRY(add_block_io(request.resources.block_io, inputs, resources.block_io));
  if (request.resources.pids_limit.value_or(0) != 0) resources.pids_limit = request.resources.pids_limit;
  return {};
}

}  // namespace runtime::oci
