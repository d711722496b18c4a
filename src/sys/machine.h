// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace sys {

/// This machine's processor in the words of OCI platforms: "amd64", "arm64", "386", ...; the kernel's own
/// word where OCI has none.
std::string machine_architecture();

}  // namespace sys
