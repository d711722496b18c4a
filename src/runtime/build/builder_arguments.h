// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "model/build_spec.h"
#include "runtime/build/check_options.h"

namespace runtime::build {

/// Build arguments that are for the builder, not for the Dockerfile. Dockerfile reference: BuildKit built-in
/// build args; those about attestations are read with their options.
struct BuilderArguments {
  std::string hostname;         ///< BUILDKIT_SANDBOX_HOSTNAME: of a RUN; empty: the builder's choice.
  std::string cache_namespace;  ///< BUILDKIT_CACHE_MOUNT_NS: cache mounts of another one are other caches.
  std::string syntax;           ///< BUILDKIT_SYNTAX: instead of the Dockerfile's directive.
  std::optional<CheckOptions> checks;  ///< BUILDKIT_DOCKERFILE_CHECK: instead of the Dockerfile's directive.
  bool inline_cache = false;           ///< BUILDKIT_INLINE_CACHE: as cache_to "type=inline".
  bool keep_git_folder = false;        ///< BUILDKIT_CONTEXT_KEEP_GIT_DIR
  /// BUILDKIT_MULTI_PLATFORM: the result is to be an index, also of one platform; that is not done.
  bool multi_platform = false;
};

/// Invalid: a value that makes no sense.
base::Result<BuilderArguments> read_builder_arguments(const model::BuildSpec& spec);

/// Whether `syntax` names the Dockerfile language, which this builder speaks, wherever its image lies.
bool is_dockerfile_syntax(const std::string& syntax);

}  // namespace runtime::build
