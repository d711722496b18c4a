// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "model/container_spec.h"
#include "model/observed.h"
#include "runtime/oci/make_spec.h"
#include "runtime/oci/spec.h"

/// The parts make_spec() is put together from; each fills its own members of `spec` and reads none of the
/// others' but what it says.
namespace runtime::oci {

/// args, env, cwd, user, terminal, rlimits, oom_score_adj.
base::Result<> add_process(const model::ContainerSpec& request, const model::ObservedImage& image,
                           const SpecInputs& inputs, Spec& spec);

/// Capabilities, security_opt, masked and read-only paths, privileged, seccomp.
base::Result<> add_security(const model::ContainerSpec& request, const SpecInputs& inputs, Spec& spec);

/// Namespaces, host name, sysctls.
base::Result<> add_namespaces(const model::ContainerSpec& request, const SpecInputs& inputs, Spec& spec);

/// Default mounts, then the request's. Reads nothing.
base::Result<> add_mounts(const model::ContainerSpec& request, const SpecInputs& inputs, Spec& spec);

/// Device nodes, device rules, limits, cgroup path.
base::Result<> add_resources(const model::ContainerSpec& request, const SpecInputs& inputs, Spec& spec);

}  // namespace runtime::oci
