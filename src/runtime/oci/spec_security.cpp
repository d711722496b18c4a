// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "base/suggest.h"
#include "runtime/oci/capability_names.h"
#include "runtime/oci/spec_parts.h"

namespace runtime::oci {
namespace {

constexpr std::array kMaskedPaths{"/proc/acpi",
                                  "/proc/asound",
                                  "/proc/interrupts",
                                  "/proc/kcore",
                                  "/proc/keys",
                                  "/proc/latency_stats",
                                  "/proc/sched_debug",
                                  "/proc/scsi",
                                  "/proc/timer_list",
                                  "/proc/timer_stats",
                                  "/sys/devices/virtual/powercap",
                                  "/sys/firmware"};
constexpr std::array kReadOnlyPaths{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};

/// What security_opt asks for, beyond the defaults.
struct Options {
  bool no_new_privileges = false;
  bool system_paths_unconfined = false;
  std::string seccomp, apparmor;
};

base::Result<bool> parse_switch(std::string_view key, std::string_view value) {
  if (value.empty() || value == "true") return true;
  if (value == "false") return false;
  return base::fail(base::ErrorClass::Invalid,
                    fmt::format("security_opt: {} is true or false, not \"{}\"", key, value));
}

base::Result<> parse_label(std::string_view value, const SpecInputs& inputs) {
  if (value == "disable" || !inputs.selinux_enabled) return {};
  return base::fail(base::ErrorClass::Unsupported,
                    fmt::format("security_opt: label={} is not supported by the bundled engine", value));
}

base::Result<> parse_option(const std::string& text, const SpecInputs& inputs, Options& options) {
  // Both "key=value" and the older "key:value" are in use; a seccomp profile may hold either mark.
  const auto mark = text.find_first_of("=:");
  const std::string_view key = std::string_view(text).substr(0, mark);
  const std::string_view value = mark == std::string::npos ? "" : std::string_view(text).substr(mark + 1);
  if (key == "no-new-privileges") {
    options.no_new_privileges = TRY(parse_switch(key, value));
    return {};
  }
  if (key == "seccomp") {
    options.seccomp = value;
    return {};
  }
  if (key == "apparmor") {
    options.apparmor = value;
    return {};
  }
  if (key == "label") return parse_label(value, inputs);
  if (key == "systempaths" && value == "unconfined") {
    options.system_paths_unconfined = true;
    return {};
  }
  constexpr std::array<std::string_view, 5> kKeys{"apparmor", "label", "no-new-privileges", "seccomp",
                                                  "systempaths"};
  base::Error error =
      base::make_error(base::ErrorClass::Invalid, fmt::format("security_opt: unknown option \"{}\"", text));
  const std::string nearest = base::nearest_name(key, kKeys);
  if (!nearest.empty()) error.hint = fmt::format("did you mean {}?", nearest);
  return base::fail(std::move(error));
}

base::Result<> set_seccomp(const std::string& value, bool privileged, Spec& spec) {
  Seccomp& seccomp = spec.linux_.seccomp;
  if (value.empty())
    seccomp.kind = privileged ? SeccompKind::Unconfined : SeccompKind::Default;
  else if (value == "unconfined")
    seccomp.kind = SeccompKind::Unconfined;
  else if (value == "builtin" || value == "default")
    seccomp.kind = SeccompKind::Default;
  else {
    seccomp.kind = SeccompKind::Custom;
    seccomp.custom = TRY_WHILE(decode_seccomp_profile(value, spec.process.capabilities.bounding),
                               "reading the seccomp profile of security_opt");
  }
  return {};
}

base::Result<> set_apparmor(const std::string& value, const SpecInputs& inputs, Spec& spec) {
  if (value.empty() || value == "unconfined") return {};
  if (!inputs.apparmor_enabled) {
    return base::fail(base::ErrorClass::Unsupported,
                      fmt::format("security_opt: apparmor={}: this machine has no AppArmor", value));
  }
  spec.process.apparmor_profile = value;
  return {};
}

}  // namespace

base::Result<> add_security(const model::ContainerSpec& request, const SpecInputs& inputs, Spec& spec) {
  Options options;
  for (const std::string& text : request.security_opt) TRY(parse_option(text, inputs, options));
  const std::uint64_t capabilities =
      request.privileged
          ? inputs.known_capabilities
          : TRY(apply_capability_changes(request.cap_add, request.cap_drop, inputs.known_capabilities));
  Capabilities& sets = spec.process.capabilities;
  sets.bounding = capability_names(capabilities);
  // Inheritable and ambient stay empty: a set-uid or other program must not gain from them.
  sets.effective = sets.permitted = sets.bounding;
  spec.process.no_new_privileges = options.no_new_privileges;
  TRY(set_seccomp(options.seccomp, request.privileged, spec));
  TRY(set_apparmor(options.apparmor, inputs, spec));
  if (!request.privileged && !options.system_paths_unconfined) {
    spec.linux_.masked_paths.assign(kMaskedPaths.begin(), kMaskedPaths.end());
    spec.linux_.readonly_paths.assign(kReadOnlyPaths.begin(), kReadOnlyPaths.end());
  }
  return {};
}

}  // namespace runtime::oci
