// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/build/attestation_option.h"
#include "runtime/image/image_store.h"

namespace runtime::build {

class BuildJob;

/// One run of the image that lists what another holds: it sees roots read-only, has no network, and writes
/// statements of the SPDX form into a folder. BuildKit: docs/attestations/sbom-protocol.md; for stages and
/// the context beside the image docs/attestations/sbom.md.
class SbomScan {
 public:
  /// `layers` are the image's. Brings the scanner into the store. NotFound: it is in no registry either.
  static base::Result<SbomScan> prepare(BuildJob& job, const SbomOption& option,
                                        const std::vector<std::string>& layers);

  /// Names the scanner, its parameters and all it will see; empty when that includes a folder of the host.
  const std::string& origin() const { return origin_; }

  /// That of the image first. Invalid: the scanner failed, or wrote something else.
  base::Result<std::vector<image::Statement>> run();
  /// Tells that the scan of an earlier build is used.
  void report_cached() const;

 private:
  struct Root {
    std::string target;               ///< Where the scanner finds it.
    std::vector<std::string> layers;  ///< Snapshot ids, bottom first.
  };
  SbomScan(BuildJob& job, const SbomOption& option) : job_(job), option_(option) {}
  base::Result<> add_stages();
  std::string step_text() const;
  base::Result<std::vector<image::Statement>> run_in(const std::string& folder, const std::string& step);
  base::Result<> run_scanner(const std::string& folder, const std::string& step);

  BuildJob& job_;
  const SbomOption& option_;
  image::Image scanner_;
  std::vector<Root> roots_;
  bool scan_context_ = false;
  std::string origin_;
};

}  // namespace runtime::build
