// SPDX-License-Identifier: Apache-2.0
#include "sys/cgroup_device_filter.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include <fmt/format.h>

#include "sys/call_error.h"
#include "sys/fd.h"

namespace sys {
namespace {

static_assert(kDeviceMknod == BPF_DEVCG_ACC_MKNOD && kDeviceRead == BPF_DEVCG_ACC_READ &&
              kDeviceWrite == BPF_DEVCG_ACC_WRITE);

// r1 points to the context; r2 type, r3 access, r4 major, r5 minor are loaded once.
class ProgramBuilder {
 public:
  void add(std::uint8_t code, int target, int source, int offset, std::int32_t value) {
    bpf_insn instruction{};
    instruction.code = code;
    instruction.dst_reg = static_cast<std::uint8_t>(target & 0xf);
    instruction.src_reg = static_cast<std::uint8_t>(source & 0xf);
    instruction.off = static_cast<std::int16_t>(offset);
    instruction.imm = value;
    code_.push_back(instruction);
  }
  void load(int target, std::size_t offset) {
    add(BPF_LDX | BPF_MEM | BPF_W, target, 1, static_cast<int>(offset), 0);
  }
  void finish(bool allow) {
    add(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, allow ? 1 : 0);
    add(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  }
  void rule(const DeviceFilterRule& rule) {
    const std::size_t first = code_.size();
    if (rule.type != 'a') {
      skip_unless_equal(2, rule.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
    }
    if (rule.allow && rule.access != 7) {
      // Allowed only when nothing else is asked for: access & ~rule must be 0.
      add(BPF_ALU64 | BPF_MOV | BPF_X, 0, 3, 0, 0);
      add(BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, static_cast<std::int32_t>(~rule.access & 7));
      skip_unless_equal(0, 0);
    } else if (!rule.allow && rule.access != 7) {
      add(BPF_ALU64 | BPF_MOV | BPF_X, 0, 3, 0, 0);
      add(BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, static_cast<std::int32_t>(rule.access));
      skips_.push_back(code_.size());
      add(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, 0);
    }
    if (rule.major) skip_unless_equal(4, *rule.major);
    if (rule.minor) skip_unless_equal(5, *rule.minor);
    finish(rule.allow);
    for (const std::size_t at : skips_) code_[at].off = static_cast<std::int16_t>(code_.size() - at - 1);
    skips_.clear();
    unconditional_ = code_.size() - first == 2;
  }
  /// The last rule fitted everything: what follows could never be reached, which the kernel refuses.
  bool unconditional() const { return unconditional_; }
  std::string bytes() const {
    return {reinterpret_cast<const char*>(code_.data()), code_.size() * sizeof(bpf_insn)};
  }

 private:
  void skip_unless_equal(int reg, std::uint32_t value) {
    skips_.push_back(code_.size());
    add(BPF_JMP32 | BPF_JNE | BPF_K, reg, 0, 0, static_cast<std::int32_t>(value));
  }

  std::vector<bpf_insn> code_;
  std::vector<std::size_t> skips_;
  bool unconditional_ = false;
};

int bpf(int command, bpf_attr& attributes) {
  return static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

}  // namespace

std::string make_device_program(const std::vector<DeviceFilterRule>& rules) {
  ProgramBuilder builder;
  builder.load(2, offsetof(bpf_cgroup_dev_ctx, access_type));
  builder.add(BPF_ALU64 | BPF_MOV | BPF_X, 3, 2, 0, 0);
  builder.add(BPF_ALU64 | BPF_AND | BPF_K, 2, 0, 0, 0xffff);
  builder.add(BPF_ALU64 | BPF_RSH | BPF_K, 3, 0, 0, 16);
  builder.load(4, offsetof(bpf_cgroup_dev_ctx, major));
  builder.load(5, offsetof(bpf_cgroup_dev_ctx, minor));
  for (auto rule = rules.rbegin(); rule != rules.rend() && !builder.unconditional(); ++rule) {
    builder.rule(*rule);
  }
  if (!builder.unconditional()) builder.finish(false);
  return builder.bytes();
}

base::Result<> attach_device_program(int directory, std::string_view program) {
  bpf_attr query{};
  query.query.target_fd = static_cast<std::uint32_t>(directory);
  query.query.attach_type = BPF_CGROUP_DEVICE;
  if (bpf(BPF_PROG_QUERY, query) == 0 && query.query.prog_cnt > 0) return {};

  bpf_attr load{};
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insns = reinterpret_cast<std::uint64_t>(program.data());
  load.insn_cnt = static_cast<std::uint32_t>(program.size() / sizeof(bpf_insn));
  load.license = reinterpret_cast<std::uint64_t>("GPL");
  std::memcpy(load.prog_name, "devices", sizeof "devices");
  const UniqueFd loaded(bpf(BPF_PROG_LOAD, load));
  if (!loaded.valid()) {
    return call_failed(fmt::format("bpf(BPF_PROG_LOAD, {} instructions)", load.insn_cnt));
  }
  bpf_attr attach{};
  attach.target_fd = static_cast<std::uint32_t>(directory);
  attach.attach_bpf_fd = static_cast<std::uint32_t>(loaded.value());
  attach.attach_type = BPF_CGROUP_DEVICE;
  attach.attach_flags = BPF_F_ALLOW_MULTI;
  if (bpf(BPF_PROG_ATTACH, attach) != 0) return call_failed("bpf(BPF_PROG_ATTACH, device filter)");
  return {};
}

}  // namespace sys
