// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"

namespace cli {

/// What `image build` is to do: `--call METHOD[,format=text|json][,ignorestatus=true]`.
struct BuildCall {
  enum class Method { Build, Check, Outline, Targets };
  Method method = Method::Build;
  bool as_json = false;
  bool ignore_status = false;  ///< Check: end with 0 whatever is found.
};

/// Unsupported: another method. Invalid: another attribute, or one for a build.
base::Result<BuildCall> parse_build_call(std::string_view text);

}  // namespace cli
