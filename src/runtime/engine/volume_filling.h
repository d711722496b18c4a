// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/engine/container_record.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {

/// Makes the volume of a mount when it is missing, and fills a fresh one with what the image has at its
/// target, unless `no_copy`.
base::Result<> fill_volume(Stores& stores, const ResolvedMount& mount, const image::Image& image,
                           const base::Cancellation& cancellation);

}  // namespace runtime::engine
