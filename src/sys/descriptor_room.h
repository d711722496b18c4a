// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/result.h"
#include "sys/fd.h"

namespace sys {

/// Room for many descriptors that are kept long. While it lives the soft limit of open files is the hard
/// one; afterwards it is what it was, for later descriptors and for programs started from here. man 2
/// getrlimit: descriptors above a lowered limit stay open.
class DescriptorRoom {
 public:
  DescriptorRoom();
  ~DescriptorRoom();
  DescriptorRoom(const DescriptorRoom&) = delete;
  DescriptorRoom& operator=(const DescriptorRoom&) = delete;

  /// The same file under a number above the old limit, which leaves the low ones to others. Where soft
  /// and hard limit are one, `fd` as it is.
  base::Result<UniqueFd> keep(UniqueFd fd) const;

 private:
  std::uint64_t soft_ = 0, hard_ = 0;
};

}  // namespace sys
