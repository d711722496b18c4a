// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/container/launch_plan.h"
#include "runtime/oci/spec.h"
#include "sys/cgroup_hierarchy.h"

namespace runtime::container {

/// What the OCI value does not say about how this engine starts a container.
struct LaunchInputs {
  std::string id;
  std::string data_root;  ///< Compiled filters are cached in `<data_root>/cache`.
  RootPlan root;          ///< Layers and writable layer; `read_only` comes from the spec.
  /// Join: the caller (monitor) already stands in the container's network namespace, so Inherit; New
  /// only for a container without any network.
  NamespacePlan network{NamespaceMode::Inherit, {}};
};

/// Translates a spec for the bundled launcher. Compiles or loads the seccomp filter, and works out
/// where the container's cgroup lies on this machine. Unsupported when a limit needs a controller the
/// machine does not have.
base::Result<LaunchPlan> make_launch_plan(const oci::Spec& spec, const sys::CgroupHierarchy& hierarchy,
                                          const LaunchInputs& inputs);

/// A further process in the container of `container`: its confinement and cgroup with what `process`
/// asks for. compose: exec, health checks.
struct ExecRequestSpec {
  std::vector<std::string> arguments;
  std::vector<std::string> environment;  ///< Added to the container's, by name.
  std::string working_directory;         ///< Empty: the container's.
  std::string user;                      ///< Empty: the container's.
  bool terminal = false;
  bool privileged = false;  ///< All capabilities and no filter.
  std::uint16_t rows = 0, columns = 0;
};
ExecPlan make_exec_plan(const LaunchPlan& container, const ExecRequestSpec& request);

}  // namespace runtime::container
