// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "runtime/oci/seccomp_profile.h"

namespace runtime::container {

/// The compiled filter of a container; empty when it is unconfined. Compiling takes milliseconds, so the
/// instructions are kept in `<data_root>/cache/seccomp-<key>.bpf`, written by rename and checked when
/// read; a damaged or missing file is made again. The key says everything the filter depends on: the
/// profile, the capability mask, the processor.
base::Result<std::string> load_seccomp_program(const oci::Seccomp& seccomp, std::uint64_t capabilities,
                                               const std::string& data_root);

/// The filter as instructions, past the cache.
base::Result<std::string> compile_seccomp_profile(const oci::SeccompProfile& profile);

}  // namespace runtime::container
