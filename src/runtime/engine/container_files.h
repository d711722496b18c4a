// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "model/container_spec.h"
#include "runtime/engine/container_record.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {

/// Writes the secrets and configs of a new container below `<data root>/containers/<id>/files`, each with
/// its owner and mode, and replaces their content in `files` by the path: a record never carries a
/// secret. A file with a `source` is copied too, so that owner and mode hold and an editor that
/// replaces the file does not detach it. NotFound when a source is missing.
base::Result<> write_secret_files(const Roots& roots, const std::string& id,
                                  std::vector<model::FileSpec>& files);

/// Writes hosts, hostname and resolv.conf into `<data root>/containers/<id>`, as at every start: linked
/// containers may have got another address. NotFound: a linked container.
base::Result<> write_host_files(Stores& stores, const ContainerRecord& record);

/// What the launcher mounts of both: read-only secrets, writable hosts, hostname and resolv.conf. Files
/// whose target the container's own mounts cover are left out.
std::vector<model::MountSpec> file_mounts(const Roots& roots, const ContainerRecord& record);

}  // namespace runtime::engine
