// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/image_config.h"

#include <fmt/format.h>

#include "runtime/registry/manifest.h"
#include "sys/machine.h"

namespace runtime::image {

std::string ImageConfig::platform() const {
  std::string out =
      fmt::format("{}/{}", os.empty() ? "linux" : os, architecture.empty() ? "unknown" : architecture);
  if (!variant.empty()) out += "/" + variant;
  return out;
}

model::ObservedImage to_observed(const ImageConfig& config) {
  model::ObservedImage out;
  out.labels = config.labels;
  out.created = config.created.value_or(model::TimePoint());
  out.platform = config.platform();
  out.entrypoint = config.entrypoint.value_or(std::vector<std::string>());
  out.command = config.command.value_or(std::vector<std::string>());
  out.environment = config.environment;
  out.volumes = config.volumes;
  out.exposed = config.exposed_ports;
  out.user = config.user;
  out.working_dir = config.working_dir;
  out.stop_signal = config.stop_signal;
  out.author = config.author;
  out.shell = config.shell;
  out.on_build = config.on_build;
  out.health_check = config.health_check;
  return out;
}

base::Result<bool> is_platform(std::string_view own, std::string_view wanted) {
  const registry::Platform asked = TRY(registry::parse_platform(wanted));
  const auto is = registry::parse_platform(own);
  return is && is->os == asked.os && is->architecture == asked.architecture &&
         (asked.variant.empty() || asked.variant == is->variant);
}

std::string host_platform() { return "linux/" + sys::machine_architecture(); }

}  // namespace runtime::image
