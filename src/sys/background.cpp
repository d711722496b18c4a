// SPDX-License-Identifier: Apache-2.0
#include "sys/background.h"

#include <linux/ioprio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sys {

void lower_thread_priority() {
  constexpr int kLowest = 19;
  const auto thread = static_cast<id_t>(::gettid());
  // Refused priorities only mean slower neighbours.
  static_cast<void>(::setpriority(PRIO_PROCESS, thread, kLowest));
  static_cast<void>(::syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, static_cast<int>(thread),
                              IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)));
}

}  // namespace sys
