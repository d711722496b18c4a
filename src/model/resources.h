// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_size.h"

namespace model {

/// compose-spec: services.*.ulimits. -1 is unlimited.
struct Ulimit {
  std::int64_t soft = 0;
  std::int64_t hard = 0;
  bool operator==(const Ulimit&) const = default;
};

/// compose-spec: services.*.blkio_config: a block device with its weight or rate.
struct BlockDeviceWeight {
  std::string path;
  std::uint16_t weight = 0;
  bool operator==(const BlockDeviceWeight&) const = default;
};
struct BlockDeviceRate {
  std::string path;
  std::int64_t rate = 0;  ///< Bytes or operations per second.
  bool operator==(const BlockDeviceRate&) const = default;
};
struct BlockIo {
  std::optional<std::uint16_t> weight;
  std::vector<BlockDeviceWeight> weight_device;
  std::vector<BlockDeviceRate> read_bps, write_bps, read_iops, write_iops;
  bool operator==(const BlockIo&) const = default;
};

/// What a container may use. Unset: no limit of its own.
struct Resources {
  std::optional<base::ByteSize> memory;              ///< mem_limit
  std::optional<base::ByteSize> memory_reservation;  ///< mem_reservation
  std::optional<base::ByteSize> memory_swap;         ///< memory and swap together; -1 unlimited
  std::optional<int> memory_swappiness;
  std::optional<std::int64_t> nano_cpus;  ///< cpus * 1e9
  std::optional<std::int64_t> cpu_shares, cpu_quota, cpu_period;
  std::optional<std::int64_t> cpu_rt_runtime, cpu_rt_period;  ///< microseconds
  std::string cpuset;                                         ///< "0-3", "0,1"
  std::optional<std::int64_t> pids_limit;                     ///< -1 unlimited
  std::optional<base::ByteSize> shm_size;                     ///< default 64 MiB
  std::optional<bool> oom_kill_disable;
  std::optional<int> oom_score_adj;
  std::map<std::string, Ulimit> ulimits;
  BlockIo block_io;
  bool operator==(const Resources&) const = default;
};

}  // namespace model
