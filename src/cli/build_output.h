// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cli {

/// Where a build's result goes: one `--output`.
struct BuildOutput {
  enum class Kind {
    Store,     ///< The engine's images, by its names.
    Registry,  ///< There, and from there to the registries of its names.
    Folder,    ///< Its files, below a folder.
    Files,     ///< Its files, as a tar.
    Archive,   ///< The image, as a tar that `image load` reads.
    None,      ///< Nowhere: it is made, and kept by the build cache alone.
  };
  Kind kind = Kind::Store;
  std::string place;               ///< Path, or "-" for the standard output; of Folder, Files and Archive.
  std::vector<std::string> names;  ///< In addition to those of --tag.
  std::vector<std::string> without_effect;  ///< Attributes that change nothing here.

  bool keeps_image() const { return kind == Kind::Store || kind == Kind::Registry; }
  bool to_stdout() const { return place == "-"; }
};

/// "type=local,dest=out", "type=tar,dest=-", "type=oci|docker|image|registry|cacheonly,...", a folder, or "-"
/// for a tar of the files. Invalid or Unsupported for others, by name.
base::Result<BuildOutput> parse_build_output(std::string_view text);

}  // namespace cli
