// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/split.h"
#include "cli/render/build_metadata.h"

namespace cli {

std::string encode_build_metadata(const model::ObservedImage& image, const std::vector<std::string>& names) {
  nlohmann::ordered_json out{{"containerimage.config.digest", image.id}};
  if (!image.digests.empty())
    out["containerimage.digest"] = base::split_once(image.digests.front(), '@').second;
  if (!names.empty()) out["image.name"] = base::join(names, ",");
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace cli
