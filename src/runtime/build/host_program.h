// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "sys/fd.h"

namespace runtime::build {

/// A program in this machine's PATH, for sys::spawn. NotFound.
base::Result<sys::UniqueFd> open_host_program(const std::string& name);

}  // namespace runtime::build
