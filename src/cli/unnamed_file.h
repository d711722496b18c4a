// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/cancellation.h"
#include "base/result.h"
#include "sys/fd.h"

namespace cli {

/// All of descriptor `from` in a file without a name, below the folder for temporary files: it goes away with
/// its descriptor.
base::Result<sys::UniqueFd> spool_unnamed(int from);
/// What an http or https address holds, in such a file, read from its start.
base::Result<sys::UniqueFd> download_unnamed(const std::string& url, const base::Cancellation& cancellation);

}  // namespace cli
