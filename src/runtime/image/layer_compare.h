// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "runtime/image/byte_source.h"

namespace runtime::image {

/// Holds the layer in the open folder `root` against the tar it was unpacked from: "" when all its members
/// are there with their content and targets, else one sentence about the first that is not. Of a name the tar
/// has several times the last counts. Modes, owners and times are not compared.
base::Result<std::string> find_difference(ChunkSource& tar, int root);

}  // namespace runtime::image
