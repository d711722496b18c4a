// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace sys {

/// Whether overlayfs can be mounted with its writable layer under `folder` (not over another overlay, not
/// on a file system without whiteouts). Makes and removes a scratch folder there; mounts nothing that is
/// seen outside this call. About 0.4 ms.
bool overlay_works(const std::string& folder);

/// What overlay_works() depends on: the kernel's release and the device that `folder` is on.
base::Result<std::string> overlay_place(const std::string& folder);

}  // namespace sys
