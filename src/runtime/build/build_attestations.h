// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/build/attestation_option.h"
#include "runtime/build/provenance.h"
#include "runtime/image/image_store.h"

namespace runtime::build {

class BuildJob;
struct StageState;

/// What a build says about its image: how it was made, and what it holds. Safe for several threads while
/// things are noted.
class BuildAttestations {
 public:
  explicit BuildAttestations(BuildJob& job) : job_(job) {}

  /// Invalid: an option of the request that is not known.
  base::Result<> configure();

  void note_material(Material material);
  void note_image(const std::string& reference, const image::Image& image);
  void note_secret(const UsedSecret& secret);
  void note_agent(const UsedSecret& agent);
  void note_network();

  /// Of an image of these files; unset when the request says nothing of attestations. A scanner is run,
  /// unless it has seen the same before.
  base::Result<std::optional<std::vector<image::Attestation>>> make(const StageState& target);

 private:
  base::Result<std::vector<image::Attestation>> list_content(const StageState& target);
  base::Result<image::Statement> tell_provenance();
  std::vector<std::string> folder_names() const;

  BuildJob& job_;
  std::optional<ProvenanceOption> provenance_;
  std::optional<SbomOption> sbom_;
  model::TimePoint started_;
  std::mutex mutex_;  ///< Guards what is noted.
  std::set<Material> materials_;
  std::set<UsedSecret> secrets_, agents_;
  bool used_network_ = false;
};

}  // namespace runtime::build
