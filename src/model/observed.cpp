// SPDX-License-Identifier: Apache-2.0
#include "model/observed.h"

namespace model {

std::string_view to_text(ContainerStatus status) {
  switch (status) {
    case ContainerStatus::Created: return "created";
    case ContainerStatus::Running: return "running";
    case ContainerStatus::Paused: return "paused";
    case ContainerStatus::Restarting: return "restarting";
    case ContainerStatus::Exited: return "exited";
    case ContainerStatus::Dead: return "dead";
  }
  return "dead";
}

bool is_active(ContainerStatus status) {
  return status == ContainerStatus::Running || status == ContainerStatus::Paused ||
         status == ContainerStatus::Restarting;
}

std::string_view to_text(Health health) {
  switch (health) {
    case Health::None: return "";
    case Health::Starting: return "starting";
    case Health::Healthy: return "healthy";
    case Health::Unhealthy: return "unhealthy";
  }
  return "";
}

std::string ObservedContainer::label(std::string_view key) const {
  const auto found = labels.find(std::string(key));
  return found == labels.end() ? std::string() : found->second;
}

}  // namespace model
