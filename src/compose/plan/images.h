// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "compose/plan/options.h"
#include "compose/plan/plan.h"
#include "model/observed.h"
#include "model/project.h"

namespace compose::plan {

enum class BuildWish {
  WhenMissing,
  Always,  ///< --build
  Never,   ///< --no-build
};

/// How images are built; from the command line, over what the file says.
struct BuildSettings {
  bool no_cache = false, pull = false;
  std::map<std::string, std::string> args;
  std::vector<std::string> ssh;
  std::string provenance, sbom;  ///< Over the file's, when not empty.
};

struct ImageOptions {
  BuildWish build = BuildWish::WhenMissing;
  std::string pull_policy;  ///< --pull, over the services' own; empty: theirs.
  /// For policies that pull again after some time; unset: that is always over.
  model::TimePoint now = model::TimePoint::max();
  BuildSettings settings;
  NameSeparator separator = '-';
  std::string version;
  /// All services, when only some were selected: images are built from those of the others, too.
  const model::Project* whole = nullptr;
  /// What the Dockerfiles start from or copy from, by service, as the engine told.
  std::map<std::string, std::vector<std::string>> base_images;
};

/// Every image the project's services need: their own, those of hooks and of image mounts. Sorted.
std::vector<std::string> needed_images(const model::Project& project, NameSeparator separator);

/// Pulls and builds that must come before reconcile(), by each service's pull policy. A service with both
/// an image and a build is built when the pull fails. compose-spec: services.*.pull_policy
/// An error names each cycle of builds that need each other's images.
base::Result<Plan> plan_images(const model::Project& project, const model::Observed& observed,
                               const ImageOptions& options);

struct BuildOptions {
  std::vector<std::string> services;  ///< Empty: all that have `build`.
  bool with_dependencies = false;
  bool push = false;
  ImageOptions images;
};
/// `build`. Invalid: a named service without `build` is passed over with a warning.
base::Result<Plan> plan_build(const model::Project& project, const BuildOptions& options);

struct PullPlanOptions {
  std::vector<std::string> services;
  std::string policy;  ///< "", "missing" or "always"
  bool ignore_buildable = false, ignore_failures = false, include_dependencies = false;
  NameSeparator separator = '-';
};
/// `pull` and `push` of the services' images.
base::Result<Plan> plan_pull(const model::Project& project, const model::Observed& observed,
                             const PullPlanOptions& options);
base::Result<Plan> plan_push(const model::Project& project, const PullPlanOptions& options);

/// Caches in folders, SSH keys and OCI layouts that a build names are relative to `folder`, or to "~/".
void make_paths_absolute(model::BuildSpec& spec, const std::string& folder, const std::string& home);

/// The build of one service, complete: main tag first, labels, secrets read from the model, `service:x`
/// contexts resolved to image names.
base::Result<model::BuildSpec> make_build_spec(const model::Project& project, const model::Service& service,
                                               const ImageOptions& options);

}  // namespace compose::plan
