// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/config_limits.h"

#include <functional>

#include <fmt/format.h>

namespace runtime::image {
namespace {

std::size_t text_size(const std::vector<std::string>& texts) {
  std::size_t size = 0;
  for (const std::string& text : texts) size += text.size();
  return size;
}

}  // namespace

base::Result<> check_limits(const ImageConfig& config) {
  if (config.history.size() > kMostHistory) {
    return base::fail(
        base::make_error(
            base::ErrorClass::Invalid,
            fmt::format("an image has at most {} instructions, with those of its base", kMostHistory))
            .with_hint("one ENV, LABEL or ARG takes several names"));
  }
  std::size_t size = text_size(config.environment) + text_size(config.on_build) + text_size(config.volumes) +
                     text_size(config.shell) + text_size(config.exposed_ports);
  for (const auto& list : {std::cref(config.entrypoint), std::cref(config.command)})
    size += list.get() ? text_size(*list.get()) : 0;
  for (const auto& [name, value] : config.labels) size += name.size() + value.size();
  for (const HistoryEntry& entry : config.history) size += entry.created_by.size();
  if (size <= kLargestConfig) return {};
  return base::fail(
      base::make_error(base::ErrorClass::Invalid,
                       fmt::format("an image's configuration has at most {} bytes, with the text "
                                   "of its instructions",
                                   kLargestConfig))
          .with_hint("large texts belong into files"));
}

}  // namespace runtime::image
