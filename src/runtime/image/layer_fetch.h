// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/image/image_store.h"
#include "runtime/image/layer_install.h"
#include "runtime/image/progress.h"
#include "runtime/image/repository.h"

namespace runtime::image {

/// Brings one layer's blob into the content store and unpacks it on the way; what a broken-off fetch left
/// there is used. Receiving (and digesting what is received) is one thread, the unpacker's pipeline the
/// others. Invalid when blob or tar are not what their digests say. `progress` may be called from any thread.
base::Result<FetchedLayer> fetch_layer(ImageStore& store, Repository& repository,
                                       const registry::Descriptor& blob, const model::Digest& diff_id,
                                       const ProgressSink& progress);

}  // namespace runtime::image
