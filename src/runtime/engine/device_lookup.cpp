// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/device_lookup.h"

#include <fmt/format.h>

#include "sys/device_node.h"
#include "sys/file.h"

namespace runtime::engine {
namespace {

oci::Device make_device(const sys::DeviceNode& node, const std::string& target) {
  oci::Device device;
  device.path = target;
  device.type = node.type;
  device.major = node.major;
  device.minor = node.minor;
  device.file_mode = node.mode;
  device.uid = node.uid;
  device.gid = node.gid;
  return device;
}

/// Folders of /dev that belong to a container itself.
bool is_own_folder(const std::string& name) {
  return name == "pts" || name == "shm" || name == "mqueue" || name == "fd" || name == "console";
}

/// Adds every device below `folder`; what disappears meanwhile is passed over.
void collect(const std::string& folder, std::vector<oci::Device>& devices) {
  const auto names = sys::list_directory(folder);
  if (!names) return;
  for (const std::string& name : *names) {
    const std::string path = folder + "/" + name;
    if (folder == "/dev" && is_own_folder(name)) continue;
    if (sys::is_real_directory(path)) {
      collect(path, devices);
    } else if (const auto node = sys::find_device(path)) {
      devices.push_back(make_device(*node, path));
    }
  }
}

}  // namespace

base::Result<std::vector<oci::Device>> find_devices(const model::ContainerSpec& spec) {
  std::vector<oci::Device> devices;
  if (spec.privileged) collect("/dev", devices);
  for (const model::DeviceSpec& asked : spec.devices) {
    const sys::DeviceNode node = TRY_WHILE(sys::find_device(asked.source), "looking for a device to pass on");
    devices.push_back(make_device(node, asked.target.empty() ? asked.source : asked.target));
  }
  return devices;
}

base::Result<std::map<std::string, oci::Device>> find_block_devices(const model::BlockIo& limits) {
  std::map<std::string, oci::Device> devices;
  const auto add = [&devices](const auto& values) -> base::Result<> {
    for (const auto& value : values) {
      const sys::DeviceNode node =
          TRY_WHILE(sys::find_device(value.path), "looking for a device to set limits for");
      if (node.type != 'b') {
        return base::fail(base::ErrorClass::Invalid,
                          fmt::format("blkio_config: {} is not a block device", value.path));
      }
      devices.emplace(value.path, make_device(node, value.path));
    }
    return {};
  };
  TRY(add(limits.weight_device));
  for (const auto* rates : {&limits.read_bps, &limits.write_bps, &limits.read_iops, &limits.write_iops}) {
    TRY(add(*rates));
  }
  return devices;
}

}  // namespace runtime::engine
