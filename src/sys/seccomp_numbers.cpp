// SPDX-License-Identifier: Apache-2.0
#include "sys/seccomp_numbers.h"

#include <linux/audit.h>
#include <seccomp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace sys {
namespace {

struct Number {
  std::string_view name;
  std::uint32_t number;
};

/// Calls from 424 on have one number everywhere. These are newer than libseccomp 2.5.
constexpr std::array kNewCalls{
    Number{"memfd_secret", 447},      Number{"process_mrelease", 448},
    Number{"futex_waitv", 449},       Number{"set_mempolicy_home_node", 450},
    Number{"cachestat", 451},         Number{"fchmodat2", 452},
    Number{"map_shadow_stack", 453},  Number{"futex_wake", 454},
    Number{"futex_wait", 455},        Number{"futex_requeue", 456},
    Number{"statmount", 457},         Number{"listmount", 458},
    Number{"lsm_get_self_attr", 459}, Number{"lsm_set_self_attr", 460},
    Number{"lsm_list_modules", 461},  Number{"mseal", 462},
    Number{"setxattrat", 463},        Number{"getxattrat", 464},
    Number{"listxattrat", 465},       Number{"removexattrat", 466},
    Number{"open_tree_attr", 467},    Number{"file_getattr", 468},
    Number{"file_setattr", 469},
};

/// 32-bit x86 has these both behind socketcall and ipc and, since Linux 4.3 and 5.1, by themselves. The
/// library answers with a number of its own that stands for both.
constexpr std::array kDirectX86{
    Number{"recvmmsg", 337},   Number{"sendmmsg", 345},    Number{"socket", 359},
    Number{"socketpair", 360}, Number{"bind", 361},        Number{"connect", 362},
    Number{"listen", 363},     Number{"accept4", 364},     Number{"getsockopt", 365},
    Number{"setsockopt", 366}, Number{"getsockname", 367}, Number{"getpeername", 368},
    Number{"sendto", 369},     Number{"sendmsg", 370},     Number{"recvfrom", 371},
    Number{"recvmsg", 372},    Number{"shutdown", 373},    Number{"semget", 393},
    Number{"semctl", 394},     Number{"shmget", 395},      Number{"shmctl", 396},
    Number{"shmat", 397},      Number{"shmdt", 398},       Number{"msgget", 399},
    Number{"msgsnd", 400},     Number{"msgrcv", 401},      Number{"msgctl", 402},
};

template <std::size_t N>
std::optional<std::uint32_t> find(const std::array<Number, N>& numbers, std::string_view name) {
  const auto found = std::find_if(numbers.begin(), numbers.end(),
                                  [name](const Number& entry) { return entry.name == name; });
  if (found == numbers.end()) return std::nullopt;
  return found->number;
}

}  // namespace

std::optional<std::uint32_t> find_call_number(std::uint32_t architecture, const std::string& name) {
  constexpr std::uint32_t kX32Bit = 0x40000000;
  if (const auto number = find(kNewCalls, name)) {
    return architecture == SCMP_ARCH_X32 ? *number | kX32Bit : *number;
  }
  if (architecture == SCMP_ARCH_X86) {
    if (const auto number = find(kDirectX86, name)) return number;
  }
  if (architecture == SCMP_ARCH_X86_64 && name == "uretprobe") return 335;
  const int number = ::seccomp_syscall_resolve_name_arch(architecture, name.c_str());
  if (number < 0) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

std::optional<std::uint32_t> find_architecture(const std::string& name) {
  struct Architecture {
    std::string_view name;
    std::uint32_t token;
  };
  constexpr std::array kArchitectures{
      Architecture{"SCMP_ARCH_X86", SCMP_ARCH_X86},
      Architecture{"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64},
      Architecture{"SCMP_ARCH_X32", SCMP_ARCH_X32},
      Architecture{"SCMP_ARCH_ARM", SCMP_ARCH_ARM},
      Architecture{"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64},
      Architecture{"SCMP_ARCH_S390", SCMP_ARCH_S390},
      Architecture{"SCMP_ARCH_S390X", SCMP_ARCH_S390X},
      Architecture{"SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE},
      Architecture{"SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64},
      Architecture{"SCMP_ARCH_MIPS", SCMP_ARCH_MIPS},
      Architecture{"SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64},
      Architecture{"SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32},
      Architecture{"SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL},
      Architecture{"SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64},
      Architecture{"SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32},
  };
  for (const Architecture& entry : kArchitectures) {
    if (entry.name == name) return entry.token;
  }
  return std::nullopt;
}

std::uint32_t native_architecture() { return ::seccomp_arch_native(); }

bool runs_x32() {
#if defined(__x86_64__) && defined(__LP64__)
  constexpr long kX32GetPid = 0x40000000 + 39;
  return ::syscall(kX32GetPid) > 0;
#else
  return false;
#endif
}

std::uint32_t audit_architecture(std::uint32_t architecture) {
  // libseccomp's tokens are the kernel's values, but for x32, which shares one with x86_64.
  return architecture == SCMP_ARCH_X32 ? AUDIT_ARCH_X86_64 : architecture;
}

}  // namespace sys
