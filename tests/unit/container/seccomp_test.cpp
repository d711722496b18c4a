// SPDX-License-Identifier: Apache-2.0
// The compiled filter: against libseccomp's own for the same profile, against expectations by hand, and
// in the kernel.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include <catch2/catch.hpp>

#include "runtime/container/seccomp_cache.h"
#include "runtime/oci/capability_names.h"
#include "support/temporary_folder.h"
#include "sys/seccomp.h"
#include "sys/seccomp_numbers.h"

using namespace runtime;
using oci::SeccompAction;
using oci::SeccompComparison;
using oci::SeccompProfile;

namespace {

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t kEperm = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t kEnosys = SECCOMP_RET_ERRNO | ENOSYS;

/// Runs classic BPF as the kernel would.
std::uint32_t interpret(std::string_view program, const seccomp_data& data) {
  std::uint32_t a = 0;
  for (std::size_t pc = 0;; ++pc) {
    if ((pc + 1) * sizeof(sock_filter) > program.size()) FAIL("the program has no end");
    sock_filter i;
    std::memcpy(&i, program.data() + pc * sizeof i, sizeof i);
    const auto jump = [&](bool taken) { pc += taken ? i.jt : i.jf; };
    switch (i.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        if (i.k + 4 > sizeof data) FAIL("a load outside the data");
        std::memcpy(&a, reinterpret_cast<const char*>(&data) + i.k, 4);
        break;
      case BPF_ALU | BPF_AND | BPF_K: a &= i.k; break;
      case BPF_JMP | BPF_JA: pc += i.k; break;
      case BPF_JMP | BPF_JEQ | BPF_K: jump(a == i.k); break;
      case BPF_JMP | BPF_JGE | BPF_K: jump(a >= i.k); break;
      case BPF_JMP | BPF_JGT | BPF_K: jump(a > i.k); break;
      case BPF_RET | BPF_K: return i.k;
      default: FAIL("instruction " << i.code);
    }
  }
}

std::uint32_t verdict(std::string_view program, std::uint32_t number,
                      std::vector<std::uint64_t> arguments = {},
                      std::uint32_t architecture = AUDIT_ARCH_X86_64) {
  seccomp_data data{};
  data.nr = static_cast<int>(number);
  data.arch = architecture;
  for (std::size_t i = 0; i < arguments.size(); ++i) data.args[i] = arguments[i];
  return interpret(program, data);
}

std::string compile(const SeccompProfile& profile) {
  const auto program = container::compile_seccomp_profile(profile);
  if (!program) FAIL(base::to_text(program.error()));
  return *program;
}

std::string default_program(std::uint64_t capabilities = oci::kDefaultCapabilities) {
  return compile(oci::make_default_seccomp_profile(oci::capability_names(capabilities)));
}

SeccompProfile one_rule(SeccompComparison comparison, std::uint64_t value, std::uint64_t value_two = 0) {
  SeccompProfile profile;
  profile.rules = {{{"read"}, SeccompAction::Allow, 1, {{2, value, value_two, comparison}}}};
  return profile;
}

/// The same profile through libseccomp, for one architecture.
std::string compile_with_library(const SeccompProfile& profile, std::uint32_t architecture) {
  scmp_filter_ctx context = ::seccomp_init(SCMP_ACT_ERRNO(EPERM));
  REQUIRE(context != nullptr);
  if (architecture != SCMP_ARCH_X86_64) {
    REQUIRE(::seccomp_arch_add(context, architecture) == 0);
    REQUIRE(::seccomp_arch_remove(context, SCMP_ARCH_X86_64) == 0);
  }
  for (const oci::SeccompRule& rule : profile.rules) {
    const std::uint32_t action =
        rule.action == SeccompAction::Allow ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(rule.errno_value);
    for (const std::string& name : rule.names) {
      const int number = ::seccomp_syscall_resolve_name(name.c_str());
      if (number == __NR_SCMP_ERROR) continue;
      std::vector<scmp_arg_cmp> arguments;
      for (const oci::SeccompArgument& argument : rule.arguments) {
        const scmp_compare operation = argument.comparison == SeccompComparison::Less    ? SCMP_CMP_LT
                                       : argument.comparison == SeccompComparison::Equal ? SCMP_CMP_EQ
                                                                                         : SCMP_CMP_MASKED_EQ;
        arguments.push_back({argument.index, operation, argument.value, argument.value_two});
      }
      const int added = ::seccomp_rule_add_array(context, action, number,
                                                 static_cast<unsigned>(arguments.size()), arguments.data());
      // A call this architecture lacks, or a condition on one that is multiplexed here.
      CHECK((added == 0 || added == -EDOM || added == -EINVAL || added == -EOPNOTSUPP));
    }
  }
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  REQUIRE(::seccomp_export_bpf(context, ends[1]) == 0);
  ::close(ends[1]);
  std::string program(64 * 1024, '\0');
  std::size_t size = 0;
  for (ssize_t count; (count = ::read(ends[0], program.data() + size, program.size() - size)) > 0;) {
    size += static_cast<std::size_t>(count);
  }
  ::close(ends[0]);
  ::seccomp_release(context);
  program.resize(size);
  return program;
}

/// errno of a call made under the default filter, in a process of its own.
template <class Call>
int errno_under_filter(const std::string& program, Call call) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!sys::install_seccomp_filter(program)) ::_exit(255);
    ::_exit(call() < 0 ? errno : 0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

}  // namespace

#if defined(__x86_64__)

TEST_CASE("every call is answered as libseccomp's filter of the same profile answers it") {
  for (const std::uint64_t capabilities :
       {oci::kDefaultCapabilities, std::uint64_t{0}, (std::uint64_t{1} << 41) - 1}) {
    const SeccompProfile profile = oci::make_default_seccomp_profile(oci::capability_names(capabilities));
    const std::string program = compile(profile);
    const std::string reference = compile_with_library(profile, SCMP_ARCH_X86_64);
    constexpr std::uint32_t kKnownToLibrary = 447;
    const std::vector<std::uint64_t> values{0,          1,          2,          8,          9,
                                            11,         12,         13,         16,         17,
                                            38,         39,         40,         41,         45,
                                            46,         131072,     131080,     0xffffffff, 0x10000,
                                            0x20000000, 0x7e020000, 0x7e020001, 1ull << 32, (1ull << 32) + 16,
                                            ~0ull};
    for (std::uint32_t number = 0; number < kKnownToLibrary; ++number) {
      if (number == 335) continue;  // uretprobe is newer than the library.
      for (const std::uint64_t value : values) {
        INFO("call " << number << " argument " << value);
        CHECK(verdict(program, number, {value, value}) == verdict(reference, number, {value, value}));
      }
    }
  }
}

TEST_CASE("calls of 32-bit programs are answered as libseccomp answers them") {
  const SeccompProfile profile =
      oci::make_default_seccomp_profile(oci::capability_names(oci::kDefaultCapabilities));
  const std::string program = compile(profile);
  const std::string reference = compile_with_library(profile, SCMP_ARCH_X86);
  for (std::uint32_t number = 0; number < 447; ++number) {
    for (const std::uint64_t value : {0u, 2u, 16u, 38u, 40u, 0x20000000u, 0x7e020000u}) {
      INFO("call " << number << " argument " << value);
      CHECK(verdict(program, number, {value, value}, AUDIT_ARCH_I386) ==
            verdict(reference, number, {value, value}, AUDIT_ARCH_I386));
    }
  }
}

TEST_CASE("another architecture than the listed ones ends the process") {
  CHECK(verdict(default_program(), 0, {}, AUDIT_ARCH_AARCH64) == SECCOMP_RET_KILL_PROCESS);
}

TEST_CASE("a call newer than the profile is answered as if the kernel did not have it") {
  const std::string program = default_program();
  CHECK(verdict(program, 462) == kAllow);  // mseal
  CHECK(verdict(program, 466) == kAllow);  // removexattrat, the last one named
  CHECK(verdict(program, 467) == kEnosys);
  CHECK(verdict(program, 1000) == kEnosys);
  CHECK(verdict(program, 0x40000000 + 39) == kEnosys);  // x32, which this kernel does not run
  CHECK(verdict(program, 425) == kEperm);               // io_uring_setup: known, and refused
  SeccompProfile permissive;
  permissive.default_action = SeccompAction::Allow;
  permissive.rules = {{{"mount"}, SeccompAction::Errno, EACCES, {}}};
  CHECK(verdict(compile(permissive), 1000) == kAllow);
  CHECK(verdict(compile(permissive), SYS_mount) == (SECCOMP_RET_ERRNO | EACCES));
}

TEST_CASE("comparisons look at all 64 bits") {
  struct Case {
    SeccompComparison comparison;
    std::uint64_t value, value_two;
    std::vector<std::uint64_t> holds, fails;
  };
  constexpr std::uint64_t kBig = (7ull << 32) + 5;
  const std::vector<Case> cases{
      {SeccompComparison::Equal, kBig, 0, {kBig}, {kBig + 1, 5, 7ull << 32}},
      {SeccompComparison::NotEqual, kBig, 0, {kBig + 1, 5, 7ull << 32}, {kBig}},
      {SeccompComparison::Less, kBig, 0, {kBig - 1, 9, (6ull << 32) + 9}, {kBig, kBig + 1, 8ull << 32}},
      {SeccompComparison::LessOrEqual, kBig, 0, {kBig, kBig - 1, 9}, {kBig + 1, 8ull << 32}},
      {SeccompComparison::Greater, kBig, 0, {kBig + 1, 8ull << 32}, {kBig, kBig - 1, 9}},
      {SeccompComparison::GreaterOrEqual, kBig, 0, {kBig, kBig + 1, 8ull << 32}, {kBig - 1, 9}},
      {SeccompComparison::MaskedEqual,
       (1ull << 40) + 6,
       (1ull << 40) + 2,
       {(1ull << 40) + 2, ~0ull - 4},
       {2, 6, (1ull << 40) + 6}},
  };
  for (const Case& test : cases) {
    const std::string program = compile(one_rule(test.comparison, test.value, test.value_two));
    for (const std::uint64_t value : test.holds) CHECK(verdict(program, SYS_read, {0, 0, value}) == kAllow);
    for (const std::uint64_t value : test.fails) CHECK(verdict(program, SYS_read, {0, 0, value}) == kEperm);
  }
}

TEST_CASE("all conditions of a rule must hold, and the first rule that fits decides") {
  SeccompProfile profile;
  profile.rules = {
      {{"ioctl"},
       SeccompAction::Errno,
       EACCES,
       {{0, 1, 0, SeccompComparison::Equal}, {1, 2, 0, SeccompComparison::Greater}}},
      {{"ioctl"}, SeccompAction::KillProcess, 1, {{0, 1, 0, SeccompComparison::Equal}}},
      {{"ioctl"}, SeccompAction::KillProcess, 1, {{0, 9, 0, SeccompComparison::Equal}}},
      {{"ioctl"}, SeccompAction::Allow, 1, {}},
  };
  const std::string program = compile(profile);
  CHECK(verdict(program, SYS_ioctl, {1, 3}) == (SECCOMP_RET_ERRNO | EACCES));
  CHECK(verdict(program, SYS_ioctl, {1, 2}) == SECCOMP_RET_KILL_PROCESS);
  CHECK(verdict(program, SYS_ioctl, {9, 0}) == SECCOMP_RET_KILL_PROCESS);
  CHECK(verdict(program, SYS_ioctl, {2, 3}) == kAllow);
}

TEST_CASE("the kernel takes the filter and refuses what a container has no business with") {
  const std::string program = default_program();
  const auto call = [&program](long number, long a = 0, long b = 0, long c = 0) {
    return errno_under_filter(program, [=] { return ::syscall(number, a, b, c); });
  };
  CHECK(call(SYS_getpid) == 0);
  CHECK(call(SYS_socket, 38, 5, 0) == EPERM);  // AF_ALG
  CHECK(call(SYS_socket, 40, 1, 0) == EPERM);  // AF_VSOCK
  CHECK(call(SYS_socket, 2, 1, 0) == 0);       // AF_INET
  CHECK(call(SYS_io_uring_setup, 8, 0, 0) == EPERM);
  CHECK(call(SYS_keyctl, 0, -3, 0) == EPERM);
  CHECK(call(SYS_add_key) == EPERM);
  CHECK(call(SYS_request_key) == EPERM);
  CHECK(call(SYS_unshare, 0x10000000) == EPERM);  // CLONE_NEWUSER
  CHECK(call(SYS_clone, 0x10000011) == EPERM);
  CHECK(call(SYS_clone3) == ENOSYS);
  CHECK(call(SYS_mount) == EPERM);
  CHECK(call(SYS_setns) == EPERM);
  CHECK(call(SYS_bpf) == EPERM);
  CHECK(call(SYS_perf_event_open) == EPERM);
  CHECK(call(SYS_userfaultfd) == EPERM);
  CHECK(call(SYS_kexec_load) == EPERM);
  CHECK(call(SYS_open_by_handle_at) == EPERM);
  CHECK(call(SYS_personality, 0x0040000) == EPERM);  // ADDR_NO_RANDOMIZE
  CHECK(call(SYS_personality, 0xffffffff) == 0);
  CHECK(call(1000) == ENOSYS);
}

#endif

TEST_CASE("a compiled filter is kept, and made again when its file is damaged") {
  const test::TemporaryFolder folder;
  const oci::Seccomp standard;
  const auto load = [&] {
    return container::load_seccomp_program(standard, 0xa80425fb, folder.path).value();
  };
  const std::string program = load();
  CHECK(program == default_program());
  const std::vector<std::string> files = sys::list_directory(folder.path + "/cache").value();
  REQUIRE(files.size() == 1);
  const std::string path = folder.path + "/cache/" + files.front();
  const std::string whole = sys::read_file(path).value();
  for (std::string damaged : {std::string(), whole.substr(0, whole.size() - 8),
                              whole.substr(0, whole.size() - 3), whole + "12345678", "X" + whole.substr(1)}) {
    REQUIRE(sys::write_file(path, damaged));
    CHECK(load() == program);
    CHECK(sys::read_file(path).value() == whole);
  }
  std::string flipped = whole;
  flipped[40] = static_cast<char>(flipped[40] ^ 1);
  REQUIRE(sys::write_file(path, flipped));
  CHECK(load() == program);
}

TEST_CASE("other capabilities and custom profiles have files of their own; unconfined has none") {
  const test::TemporaryFolder folder;
  oci::Seccomp seccomp;
  const auto count = [&] {
    const auto names = sys::list_directory(folder.path + "/cache");
    return names ? names->size() : 0;
  };
  seccomp.kind = oci::SeccompKind::Unconfined;
  CHECK(container::load_seccomp_program(seccomp, 0, folder.path).value().empty());
  CHECK(count() == 0);
  seccomp.kind = oci::SeccompKind::Default;
  REQUIRE(container::load_seccomp_program(seccomp, 0, folder.path));
  REQUIRE(container::load_seccomp_program(seccomp, 1, folder.path));
  CHECK(count() == 2);
  seccomp.kind = oci::SeccompKind::Custom;
  seccomp.custom.rules = {{{"read"}, SeccompAction::Allow, 1, {}}};
  REQUIRE(container::load_seccomp_program(seccomp, 0, folder.path));
  seccomp.custom.rules.front().names = {"write"};
  REQUIRE(container::load_seccomp_program(seccomp, 0, folder.path));
  CHECK(count() == 4);
}

TEST_CASE("a profile that cannot be compiled says so") {
  SeccompProfile profile;
  profile.architectures = {"SCMP_ARCH_PDP11"};
  CHECK(container::compile_seccomp_profile(profile).error().message ==
        "seccomp: unknown architecture SCMP_ARCH_PDP11");
  profile.architectures.clear();
  profile.rules = {{{"read"}, SeccompAction::Allow, 1, {{6, 0, 0, SeccompComparison::Equal}}}};
  CHECK(container::compile_seccomp_profile(profile).error().message ==
        "seccomp: read has no argument 6; they count from 0 to 5");
}
