// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "model/observed.h"

namespace cli {

/// What `--metadata-file` gets, as other builders write it: {"containerimage.config.digest": ID,
/// "containerimage.digest": what a registry knows the image by, once it was pushed, "image.name": names with
/// commas between}.
std::string encode_build_metadata(const model::ObservedImage& image, const std::vector<std::string>& names);

}  // namespace cli
