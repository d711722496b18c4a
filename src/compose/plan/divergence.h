// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compose/plan/options.h"
#include "model/observed.h"
#include "model/project.h"

namespace compose::plan {

/// What a container of a service should be like, as far as it decides about recreation.
struct Expectation {
  std::string config_hash;
  std::string image_id;                         ///< Empty: not known yet, then not compared.
  bool image_pending = false;                   ///< The image is about to be pulled or built.
  std::map<std::string, std::string> networks;  ///< Name -> ID; an empty ID is made by this plan.
  std::vector<std::string> volumes;             ///< Names of named volumes.
  /// Of mounted images: target -> ID. One that the engine does not tell of a container is not compared.
  std::map<std::string, std::string> mounted_images;
  bool mounted_image_pending = false;  ///< One of them is about to be pulled or built.
  std::string recreated_donor;         ///< A service it shares a part with and that is recreated; or empty.
};

/// Why the container must be made anew, in words, or nothing when it is right.
/// compose-facts: config hash, image digest, networks of a running container, named volumes.
std::optional<std::string> divergence(const Expectation& expected, const model::ObservedContainer& container);

}  // namespace compose::plan
