// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/build_spec.h"
#include "runtime/build/dockerfile_parser.h"
#include "runtime/build/variables.h"

namespace runtime::build {

/// Where a FROM, COPY --from or RUN --mount=from= leads.
struct Origin {
  enum class Kind {
    Scratch,  ///< Nothing.
    Stage,    ///< An earlier stage of the same Dockerfile.
    Folder,   ///< A named context: a folder of the host, or a URL of files.
    Image,    ///< In the store, or to be brought there; "oci-layout://..." lies in a folder.
  };
  Kind kind = Kind::Image;
  std::size_t stage = 0;
  std::string name;  ///< Folder's path or URL, or image's reference.
};

struct Stage {
  std::size_t index = 0;
  std::string name;     ///< Empty when it has none.
  std::string display;  ///< "build", or "stage-1"; empty for the only stage.
  const Instruction* from = nullptr;
  std::string image_text;  ///< FROM's image, variables filled in.
  Origin base;
  std::vector<const Instruction*> instructions;
  std::vector<std::size_t> needs;  ///< Stages it reads, without itself; sorted.
};

struct StageGraph {
  GlobalScope global;
  std::vector<Stage> stages;
  std::size_t target = 0;
  std::vector<std::size_t> needed;  ///< Stages the target needs, itself too; each after what it needs.

  /// What `name` in --from= means in `stage`.
  base::Result<Origin> find_origin(const std::string& name, std::size_t stage) const;

  std::map<std::string, std::string> contexts;  ///< Of the request, by the shortest forms of their names.
};

/// Groups instructions into stages and follows what the target needs. Invalid with position: an instruction
/// before FROM, an unknown or later stage, a platform this machine does not build for. NotFound: no such
/// target.
base::Result<StageGraph> make_stage_graph(const Dockerfile& dockerfile, const model::BuildSpec& spec,
                                          const std::string& platform);

}  // namespace runtime::build
