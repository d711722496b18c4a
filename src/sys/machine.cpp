// SPDX-License-Identifier: Apache-2.0
#include "sys/machine.h"

#include <sys/utsname.h>

#include <array>
#include <string_view>
#include <utility>

namespace sys {

std::string machine_architecture() {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kNames{{
      {"aarch64", "arm64"},
      {"armv7l", "arm"},
      {"i686", "386"},
      {"loongarch64", "loong64"},
      {"ppc64le", "ppc64le"},
      {"riscv64", "riscv64"},
      {"s390x", "s390x"},
      {"x86_64", "amd64"},
  }};
  utsname name{};
  if (::uname(&name) != 0) return "unknown";
  for (const auto& [kernel, oci] : kNames) {
    if (kernel == name.machine) return std::string(oci);
  }
  return name.machine;
}

}  // namespace sys
