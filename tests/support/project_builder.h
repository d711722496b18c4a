// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/project.h"

namespace support {

/// A project as a loader would give it, made in code: service by service.
class ProjectBuilder {
 public:
  explicit ProjectBuilder(std::string name) { project_.name = std::move(name); }

  /// A service of image `image` on the project's default network.
  model::Service& service(const std::string& name, const std::string& image = "app") {
    model::Service& out = project_.services[name];
    out.name = name;
    out.image = image;
    out.config_hash = "hash-of-" + name;
    out.networks["default"];
    network("default");
    return out;
  }
  model::ProjectNetwork& network(const std::string& key) {
    model::ProjectNetwork& out = project_.networks[key];
    out.key = key;
    out.spec.name = project_.name + "_" + key;
    out.config_hash = "hash-of-" + key;
    return out;
  }
  model::ProjectVolume& volume(const std::string& key) {
    model::ProjectVolume& out = project_.volumes[key];
    out.key = key;
    out.spec.name = project_.name + "_" + key;
    out.config_hash = "hash-of-" + key;
    return out;
  }
  model::Project& project() { return project_; }

 private:
  model::Project project_;
};

}  // namespace support
