// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/cancellation.h"
#include "base/result.h"
#include "engine_client/images.h"

namespace cli {

/// Writes the files of an image below `folder`, which is made when missing: over what is there, and owned by
/// whom the folder belongs to. Hostile as an image may be, nothing is written outside, and nothing gets
/// rights on this machine: no set-user-ID, no capabilities, and devices are left out; their number is
/// returned. Unsupported: a name that layers use to say that another one is gone. Conflict: a folder that is
/// not empty where the image has something else. Cancelled: some are written.
base::Result<std::size_t> write_files(engine_client::Images& images, const std::string& image,
                                      const std::string& folder, const base::Cancellation& cancellation);

}  // namespace cli
