// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>

#include "base/split.h"
#include "runtime/oci/seccomp_profile.h"

// Docker's default filter as facts: which calls it allows, and which only together with a capability.
// State: 2026-11. What is not named fails with EPERM, also what is new; the compiler answers ENOSYS for
// calls that are newer than every name here, so that C libraries fall back.

namespace runtime::oci {
namespace {

constexpr std::string_view kAllowed =
    "accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod chown chown32 "
    "clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 "
    "clock_nanosleep clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2 dup3 "
    "epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait "
    "epoll_wait_old eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 "
    "fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl "
    "fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstat64 fstatat64 "
    "fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_requeue futex_time64 futex_wait "
    "futex_waitv futex_wake futimesat getcpu getcwd getdents getdents64 getegid getegid32 geteuid "
    "geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp getpid getppid "
    "getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit get_robust_list "
    "getrusage getsid getsockname getsockopt get_thread_area gettid gettimeofday getuid getuid32 getxattr "
    "getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel ioctl io_destroy "
    "io_getevents io_pgetevents io_pgetevents_time64 ioprio_get ioprio_set io_setup io_submit ipc kill "
    "landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link "
    "linkat listen listmount listxattr listxattrat llistxattr _llseek lremovexattr lseek lsetxattr lstat "
    "lstat64 madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod "
    "mknodat mlock mlock2 mlockall mmap mmap2 mprotect mq_getsetattr mq_notify mq_open mq_timedreceive "
    "mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget msgrcv "
    "msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep newfstatat _newselect open openat "
    "openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll "
    "ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease pselect6 pselect6_time64 "
    "pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recv recvfrom recvmmsg "
    "recvmmsg_time64 recvmsg remap_file_pages removexattr removexattrat rename renameat renameat2 "
    "restart_syscall riscv_hwprobe rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo "
    "rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo "
    "sched_getaffinity sched_getattr sched_getparam sched_get_priority_max sched_get_priority_min "
    "sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity "
    "sched_setattr sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop "
    "semtimedop semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto setfsgid setfsgid32 "
    "setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setpgid setpriority setregid "
    "setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit set_robust_list "
    "setsid setsockopt set_thread_area set_tid_address setuid setuid32 setxattr setxattrat shmat shmctl "
    "shmdt shmget shutdown sigaltstack signalfd signalfd4 sigprocmask sigreturn socketcall socketpair "
    "splice stat stat64 statfs statfs64 statmount statx symlink symlinkat sync sync_file_range syncfs "
    "sysinfo tee tgkill time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 "
    "timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime "
    "timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask uname unlink unlinkat uretprobe "
    "utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid write writev";

struct GatedCalls {
  std::string_view capability;
  std::string_view names;
};
constexpr std::array kGated{
    GatedCalls{"CAP_DAC_READ_SEARCH", "open_by_handle_at"},
    GatedCalls{
        "CAP_SYS_ADMIN",
        "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr "
        "lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open "
        "quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare"},
    GatedCalls{"CAP_SYS_BOOT", "reboot"},
    GatedCalls{"CAP_SYS_CHROOT", "chroot"},
    GatedCalls{"CAP_SYS_MODULE", "delete_module finit_module init_module"},
    GatedCalls{"CAP_SYS_PACCT", "acct"},
    GatedCalls{"CAP_SYS_PTRACE", "kcmp pidfd_getfd process_madvise"},
    GatedCalls{"CAP_SYS_RAWIO", "ioperm iopl"},
    GatedCalls{"CAP_SYS_TIME", "clock_settime clock_settime64 settimeofday stime"},
    GatedCalls{"CAP_SYS_TTY_CONFIG", "vhangup"},
    GatedCalls{"CAP_SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"},
    GatedCalls{"CAP_SYSLOG", "syslog"},
    GatedCalls{"CAP_BPF", "bpf"},
    GatedCalls{"CAP_PERFMON", "perf_event_open"},
};

/// Since kernel 4.8 a tracer cannot slip a call past the filter; we need a later kernel anyway.
constexpr std::string_view kTracing = "process_vm_readv process_vm_writev ptrace";

#if defined(__x86_64__)
constexpr std::string_view kArchitecture = "arch_prctl modify_ldt";
#elif defined(__aarch64__)
constexpr std::string_view kArchitecture =
    "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2";
#else
constexpr std::string_view kArchitecture = "sync_file_range2";
#endif

/// Socket families: not the obsolete ones, not AF_ALG (38) and AF_VSOCK (40), which reach kernel code and
/// a hypervisor that a container has no business with. Up to 11 all are allowed.
constexpr std::uint64_t kFirstListedFamily = 12;
constexpr std::array<std::uint64_t, 25> kAllowedFamilies{13, 14, 15, 16, 17, 18, 21, 22, 24, 26, 27, 28, 29,
                                                         30, 31, 32, 33, 35, 36, 39, 41, 42, 43, 44, 45};

/// PER_LINUX, PER_LINUX32, both with UNAME26, and the question which one is set.
constexpr std::array<std::uint64_t, 5> kPersonalities{0, 8, 0x20000, 0x20008, 0xffffffff};

/// CLONE_NEW* of clone(2): new namespaces only with CAP_SYS_ADMIN. clone3(2) has them in memory, where a
/// filter cannot look.
constexpr std::uint64_t kCloneNamespaces = 0x7e020000;

constexpr std::uint32_t kEnosys = 38;

SeccompRule allow(std::string_view names) { return {base::split(names, ' '), SeccompAction::Allow, 1, {}}; }

SeccompRule allow_argument(const char* name, std::uint64_t value, SeccompComparison comparison) {
  return {{name}, SeccompAction::Allow, 1, {{0, value, 0, comparison}}};
}

}  // namespace

SeccompProfile make_default_seccomp_profile(const std::vector<std::string>& capabilities) {
  const auto has = [&capabilities](std::string_view name) {
    return std::find(capabilities.begin(), capabilities.end(), name) != capabilities.end();
  };
  SeccompProfile profile;
#if defined(__x86_64__)
  profile.architectures = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"};
#elif defined(__aarch64__)
  profile.architectures = {"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"};
#endif
  profile.rules = {allow(kAllowed), allow(kTracing), allow(kArchitecture)};
  profile.rules.push_back(allow_argument("socket", kFirstListedFamily, SeccompComparison::Less));
  for (const std::uint64_t family : kAllowedFamilies) {
    profile.rules.push_back(allow_argument("socket", family, SeccompComparison::Equal));
  }
  for (const std::uint64_t value : kPersonalities) {
    profile.rules.push_back(allow_argument("personality", value, SeccompComparison::Equal));
  }
  for (const GatedCalls& gated : kGated) {
    if (has(gated.capability)) profile.rules.push_back(allow(gated.names));
  }
  if (!has("CAP_SYS_ADMIN")) {
    profile.rules.push_back(allow_argument("clone", kCloneNamespaces, SeccompComparison::MaskedEqual));
    profile.rules.push_back({{"clone3"}, SeccompAction::Errno, kEnosys, {}});
  }
  return profile;
}

}  // namespace runtime::oci
