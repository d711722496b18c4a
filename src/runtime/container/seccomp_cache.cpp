// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/seccomp_cache.h"

#include <linux/seccomp.h>

#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "runtime/container/byte_archive.h"
#include "runtime/oci/capability_names.h"
#include "sys/file.h"
#include "sys/seccomp_compiler.h"
#include "sys/sha256.h"

namespace runtime::oci {

using container::Like;

constexpr SeccompAction last_value(SeccompAction) { return SeccompAction::Log; }
constexpr SeccompComparison last_value(SeccompComparison) { return SeccompComparison::MaskedEqual; }

template <class Archive>
void archive(Archive& a, Like<SeccompArgument> auto& v) {
  a(v.index, v.value, v.value_two, v.comparison);
}
template <class Archive>
void archive(Archive& a, Like<SeccompRule> auto& v) {
  a(v.names, v.action, v.errno_value, v.arguments);
}
template <class Archive>
void archive(Archive& a, Like<SeccompProfile> auto& v) {
  a(v.default_action, v.default_errno, v.architectures, v.rules);
}

}  // namespace runtime::oci

namespace runtime::container {
namespace {

#if defined(__x86_64__)
constexpr std::string_view kProcessor = "x86_64";
#elif defined(__aarch64__)
constexpr std::string_view kProcessor = "aarch64";
#else
constexpr std::string_view kProcessor = "other";
#endif

/// Changes whenever the compiler makes other instructions of the same profile.
constexpr std::uint32_t kCompilerVersion = 1;

constexpr std::string_view kMark = "CSECCMP1";
constexpr std::size_t kHeader = 16;  // The mark, then the checksum.
constexpr std::size_t kMaxFile = 64 * 1024;
constexpr std::size_t kInstruction = 8;

/// FNV-1a: tells a damaged file, which is all it is for.
std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::uint32_t verdict(oci::SeccompAction action, std::uint32_t data) {
  switch (action) {
    case oci::SeccompAction::Allow: return SECCOMP_RET_ALLOW;
    case oci::SeccompAction::Errno: return SECCOMP_RET_ERRNO | (data & SECCOMP_RET_DATA);
    case oci::SeccompAction::KillThread: return SECCOMP_RET_KILL_THREAD;
    case oci::SeccompAction::KillProcess: return SECCOMP_RET_KILL_PROCESS;
    case oci::SeccompAction::Trap: return SECCOMP_RET_TRAP;
    case oci::SeccompAction::Trace: return SECCOMP_RET_TRACE | (data & SECCOMP_RET_DATA);
    case oci::SeccompAction::Log: return SECCOMP_RET_LOG;
  }
  return SECCOMP_RET_KILL_PROCESS;
}

sys::SeccompOperator operation(oci::SeccompComparison comparison) {
  switch (comparison) {
    case oci::SeccompComparison::Equal: return sys::SeccompOperator::Equal;
    case oci::SeccompComparison::NotEqual: return sys::SeccompOperator::NotEqual;
    case oci::SeccompComparison::Less: return sys::SeccompOperator::Less;
    case oci::SeccompComparison::LessOrEqual: return sys::SeccompOperator::LessOrEqual;
    case oci::SeccompComparison::Greater: return sys::SeccompOperator::Greater;
    case oci::SeccompComparison::GreaterOrEqual: return sys::SeccompOperator::GreaterOrEqual;
    case oci::SeccompComparison::MaskedEqual: return sys::SeccompOperator::MaskedEqual;
  }
  return sys::SeccompOperator::Equal;
}

std::string file_name(const oci::Seccomp& seccomp, std::uint64_t capabilities) {
  if (seccomp.kind == oci::SeccompKind::Default) {
    return fmt::format("seccomp-d{}.{}-{}-{:x}.bpf", oci::kDefaultProfileVersion, kCompilerVersion,
                       kProcessor, capabilities);
  }
  ArchiveWriter writer;
  writer(seccomp.custom);
  return fmt::format("seccomp-c{}-{}-{}.bpf", kCompilerVersion, kProcessor, sys::sha256_hex(writer.take()));
}

/// The program in a cache file; empty when the file is not whole.
std::string take_program(std::string_view file) {
  const bool shaped =
      file.size() > kHeader && file.starts_with(kMark) && (file.size() - kHeader) % kInstruction == 0;
  if (!shaped) return {};
  const std::string_view program = file.substr(kHeader);
  std::uint64_t expected = 0;
  std::memcpy(&expected, file.data() + kMark.size(), sizeof expected);
  return checksum(program) == expected ? std::string(program) : std::string();
}

std::string make_file(std::string_view program) {
  const std::uint64_t sum = checksum(program);
  std::string file(kMark);
  file.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  file.append(program);
  return file;
}

}  // namespace

base::Result<std::string> compile_seccomp_profile(const oci::SeccompProfile& profile) {
  sys::SeccompFilter filter;
  filter.default_verdict = verdict(profile.default_action, profile.default_errno);
  filter.architectures = profile.architectures;
  for (const oci::SeccompRule& rule : profile.rules) {
    std::vector<sys::SeccompCondition> conditions;
    for (const oci::SeccompArgument& argument : rule.arguments) {
      conditions.push_back(
          {argument.index, operation(argument.comparison), argument.value, argument.value_two});
    }
    for (const std::string& name : rule.names) {
      filter.calls.push_back({name, verdict(rule.action, rule.errno_value), conditions});
    }
  }
  return sys::compile_seccomp_filter(filter);
}

base::Result<std::string> load_seccomp_program(const oci::Seccomp& seccomp, std::uint64_t capabilities,
                                               const std::string& data_root) {
  if (seccomp.kind == oci::SeccompKind::Unconfined) return std::string();
  const std::string folder = data_root + "/cache";
  const std::string path = folder + "/" + file_name(seccomp, capabilities);
  if (const base::Result<std::string> file = sys::read_file(path, kMaxFile)) {
    std::string program = take_program(*file);
    if (!program.empty()) return program;
  }
  const bool standard = seccomp.kind == oci::SeccompKind::Default;
  const std::string program = standard ? TRY(compile_seccomp_profile(oci::make_default_seccomp_profile(
                                             oci::capability_names(capabilities))))
                                       : TRY(compile_seccomp_profile(seccomp.custom));
  TRY(sys::make_directories(folder, 0700));
  TRY(sys::write_file(path, make_file(program), 0600));
  return program;
}

}  // namespace runtime::container
