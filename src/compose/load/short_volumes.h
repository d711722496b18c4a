// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace compose::load {

/// compose-spec: services.*.volumes, short form.
struct ShortVolume {
  std::string source;  ///< Empty: anonymous.
  std::string target;
  bool is_bind = false;
  bool read_only = false, no_copy = false;
  std::string propagation, selinux;
  std::vector<std::string> unknown_options;
};

/// "[source:]target[:options]". A source that begins with . / ~ or a drive letter is a host path.
base::Result<ShortVolume> parse_short_volume(std::string_view text);

}  // namespace compose::load
