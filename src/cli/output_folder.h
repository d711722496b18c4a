// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "engine_client/images.h"

namespace cli {

/// Writes the files of an image below `folder`, which is made when missing: over what is there, and owned by
/// whom the folder belongs to. Hostile as an image may be, nothing is written outside. Unsupported: a name
/// that layers use to say that another one is gone.
base::Result<> write_files(engine_client::Images& images, const std::string& image,
                           const std::string& folder);

}  // namespace cli
