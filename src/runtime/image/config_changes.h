// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "runtime/image/image_config.h"

namespace runtime::image {

/// Applies one Dockerfile instruction that changes only the configuration, as `image import --change`
/// takes it: CMD ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL ONBUILD STOPSIGNAL USER VOLUME WORKDIR. Invalid for
/// others.
base::Result<> apply_change(ImageConfig& config, std::string_view instruction);

}  // namespace runtime::image
