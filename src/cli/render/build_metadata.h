// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace cli {

/// What `--metadata-file` gets, as other builders write it: {"containerimage.config.digest": ID,
/// "image.name": names with commas between}.
std::string encode_build_metadata(const std::string& id, const std::vector<std::string>& names);

}  // namespace cli
