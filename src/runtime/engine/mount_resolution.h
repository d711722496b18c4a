// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "model/container_spec.h"
#include "model/observed.h"
#include "runtime/engine/container_record.h"

namespace runtime::engine {

/// Decides every mount of a new container, without touching anything: what `spec` asks for, then what
/// it takes over from `donors` (`volumes_from`), then an anonymous volume for each VOLUME of the image
/// that nothing else covers. Anonymous volumes get fresh names of 64 hex digits. Parents come before
/// what lies below them. Invalid: two mounts on one target, a relative target.
base::Result<std::vector<ResolvedMount>> resolve_mounts(const model::ContainerSpec& spec,
                                                        const model::ObservedImage& image,
                                                        const std::vector<ContainerRecord>& donors);

/// An absolute path without ".", "..", doubled or trailing slashes.
std::string clean_path(std::string_view path);

}  // namespace runtime::engine
