// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "compose/plan/plan.h"

namespace cli {

/// The builds of a plan as the JSON that `docker buildx bake` reads. Contents of secrets are left out.
std::string encode_bake(const compose::plan::Plan& plan);

}  // namespace cli
