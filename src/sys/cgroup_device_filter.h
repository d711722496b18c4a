// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sys {

inline constexpr std::uint32_t kDeviceMknod = 1, kDeviceRead = 2, kDeviceWrite = 4;

/// One rule of a device filter; the last one that fits an access decides. Unset numbers fit all.
struct DeviceFilterRule {
  bool allow = false;
  char type = 'a';  ///< a (all), c or b
  std::optional<std::uint32_t> major, minor;
  std::uint32_t access = kDeviceMknod | kDeviceRead | kDeviceWrite;
};

/// The rules as a BPF_PROG_TYPE_CGROUP_DEVICE program (struct bpf_insn[] as bytes). What no rule fits
/// is denied.
std::string make_device_program(const std::vector<DeviceFilterRule>& rules);

/// Loads `program` and attaches it to the cgroup v2 directory behind `directory`, unless one is there.
base::Result<> attach_device_program(int directory, std::string_view program);

}  // namespace sys
