// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/unsupported.h"

#include <fmt/format.h>

#include "runtime/image/image_config.h"

namespace runtime::engine {

base::Result<> refuse_unsupported(const model::ContainerSpec& spec) {
  std::vector<base::Error> errors;
  const auto refuse = [&](bool asked, std::string what) {
    if (asked) errors.push_back(base::make_error(base::ErrorClass::Unsupported, std::move(what)));
  };
  refuse(!spec.runtime.empty(),
         fmt::format("runtime \"{}\": only the built-in launcher is available", spec.runtime));
  refuse(!spec.device_requests.empty(), "device requests (gpus): no device driver is available");
  refuse(!spec.storage_opt.empty(), "storage_opt: snapshots have no options");
  refuse(!spec.userns_mode.empty() && spec.userns_mode != "host",
         fmt::format("userns_mode \"{}\": only the host's user namespace is available", spec.userns_mode));
  refuse(!spec.isolation.empty() && spec.isolation != "default",
         fmt::format("isolation \"{}\" exists on Windows only", spec.isolation));
  const std::string host = image::host_platform();
  const bool foreign =
      !spec.platform.empty() && !host.starts_with(spec.platform) && !spec.platform.starts_with(host);
  refuse(foreign, fmt::format("platform \"{}\": this machine runs {}", spec.platform, host));
  if (errors.empty()) return {};
  return base::fail(base::join_errors(std::move(errors)));
}

}  // namespace runtime::engine
