// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "runtime/image/image_store.h"
#include "runtime/image/tar_writer.h"

namespace runtime::image {

/// The layer with its diff ID: a layer that was built here gets one now, and it is recorded. Cancelled while
/// another process does the same.
base::Result<LayerRecord> with_diff_id(ImageStore& store, const LayerRecord& layer,
                                       const base::Cancellation& cancellation);

/// The layer with a blob in the content store: what it came as, or its tar made now and compressed with gzip.
/// Cancelled as above.
base::Result<LayerRecord> with_blob(ImageStore& store, const LayerRecord& layer,
                                    const base::Cancellation& cancellation);

/// Writes the layer's tar, uncompressed; the same bytes as its diff ID.
base::Result<> write_diff(ImageStore& store, const LayerRecord& layer, const ByteSink& sink);

/// The image's configuration with the layers' diff IDs, which must be known: the one it came with when they
/// are the same, else made anew (an image that was built here has had none so far).
base::Result<std::string> config_with_layers(const Image& image, const std::vector<LayerRecord>& layers);

}  // namespace runtime::image
