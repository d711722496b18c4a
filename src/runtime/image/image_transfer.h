// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/cancellation.h"
#include "base/result.h"
#include "model/digest.h"
#include "runtime/image/image_store.h"
#include "runtime/image/progress.h"
#include "runtime/registry/registry_options.h"

namespace runtime::image {

struct PulledImage {
  std::string id;
  model::Digest digest;    ///< Of the manifest or index the reference named.
  bool was_known = false;  ///< The store had this very image.
};

/// Brings an image from its registry (or a mirror) into the store and gives it the reference's name.
/// `platform` empty: this machine's. Everything is checked against its digest before it is recorded; what
/// broke off goes on; layers that are there are not fetched. Another process that wants the same layers waits
/// for this one.
base::Result<PulledImage> pull_image(ImageStore& store, const std::string& reference,
                                     const std::string& platform, const registry::RegistryOptions& options,
                                     const ProgressSink& progress, const base::Cancellation& cancellation);

/// Sends the image of that name to its registry; the manifest's digest. Layers that were built here get their
/// tars and digests now. Layers the registry has are not sent.
base::Result<model::Digest> push_image(ImageStore& store, const std::string& reference,
                                       const registry::RegistryOptions& options, const ProgressSink& progress,
                                       const base::Cancellation& cancellation);

}  // namespace runtime::image
