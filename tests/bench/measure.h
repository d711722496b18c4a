// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "base/result.h"

namespace bench {

/// The value; on an error prints it and ends the program.
template <class T>
T need(base::Result<T> result) {
  if (!result) {
    std::fputs(base::to_text(result.error()).c_str(), stderr);
    std::exit(1);
  }
  return base::take_value(std::move(result));
}

/// Of this process, all threads: on a busy machine this says more than the clock.
inline double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace bench
