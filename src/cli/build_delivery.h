// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/build_flags.h"
#include "cli/build_output.h"
#include "cli/invocation.h"
#include "sys/pending_file.h"

namespace cli {

/// Brings what was built to where `--output`, `--iidfile` and `--metadata-file` say. Made before the build,
/// so that a place that cannot be written to is known by then; files take their names when all are written
/// and all pushes are done. A build that fails leaves archives and metadata of an earlier one as they are,
/// but no earlier ID: whoever goes on in spite of the failure must not take that for this build's.
class BuildDelivery {
 public:
  /// Invalid also when two files are one.
  static base::Result<BuildDelivery> prepare(const BuildFlags& flags, std::vector<BuildOutput> outputs);

  /// Whether the image stays in the store.
  bool keeps_image() const;
  /// Whether an archive goes to the standard output, so that nothing else may.
  bool streams() const;
  /// `names` are those of the image.
  base::Result<> deliver(Invocation& invocation, const std::vector<std::string>& names,
                         const std::string& id);

 private:
  struct Target {
    BuildOutput output;
    std::optional<sys::PendingFile> file;
  };
  base::Result<> open_files(const BuildFlags& flags);
  base::Result<> write(Invocation& invocation, const Target& target, const std::vector<std::string>& names,
                       const std::string& id) const;
  base::Result<> commit();

  std::vector<Target> targets_;
  std::optional<sys::PendingFile> id_file_, metadata_file_;
};

}  // namespace cli
