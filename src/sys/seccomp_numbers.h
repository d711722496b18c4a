// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sys {

/// Number of a call on an architecture (SCMP_ARCH_* token), also for calls that are newer than the
/// library that knows them; none when the architecture does not have it.
std::optional<std::uint32_t> find_call_number(std::uint32_t architecture, const std::string& name);

/// SCMP_ARCH_* token of a name as profiles write it; none when unknown.
std::optional<std::uint32_t> find_architecture(const std::string& name);
std::uint32_t native_architecture();

/// Whether this kernel runs programs of an architecture that it shares a number space with (x32).
bool runs_x32();

/// AUDIT_ARCH_* value the kernel shows a filter.
std::uint32_t audit_architecture(std::uint32_t architecture);

}  // namespace sys
