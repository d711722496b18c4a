// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "compose/containers.h"
#include "model/observed.h"

namespace cli {

/// One object, on one line, as `ps --format json` prints it.
std::string to_json(const model::ObservedContainer& container, model::TimePoint now);
/// All of `ls --format json`: an array.
std::string to_json(const std::vector<compose::ProjectStatus>& projects);
/// One event: {"time", "type", "action", "id", "service", "attributes"}.
std::string to_json(const engine_client::ContainerEvent& event, model::TimePoint now);
std::string_view to_text(engine_client::ContainerEventKind kind);
/// `images --format json`: an array.
struct ImageRow {
  std::string container, repository, tag, id, created;
  std::int64_t size = 0;
  std::string platform = {};
};
std::string to_json(const std::vector<ImageRow>& rows);
/// `volumes --format json`: one object a line.
std::string to_json(const model::ObservedVolume& volume);
/// `image inspect`: one object of it, and all of it, an array.
std::string to_json(const model::ObservedImage& image);
std::string to_json(const std::vector<model::ObservedImage>& images);

}  // namespace cli
