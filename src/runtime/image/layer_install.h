// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/image/image_store.h"
#include "runtime/image/layer_pipeline.h"

namespace runtime::image {

/// Holds the layers of one load, pull or import until their image is recorded. What no image holds when it
/// goes away is removed.
class Arrival {
 public:
  explicit Arrival(ImageStore& store);
  ~Arrival();
  Arrival(const Arrival&) = delete;
  Arrival& operator=(const Arrival&) = delete;

  base::Result<> hold(const std::string& snapshot);

 private:
  ImageStore& store_;
  std::string holder_;
};

/// A layer's bytes as they came, when the content store keeps them.
struct StoredBlob {
  std::optional<model::Digest> digest;
  std::string media_type;
  std::int64_t size = 0;
};

struct FetchedLayer {
  UnpackedLayer unpacked;
  StoredBlob blob;
};

/// One layer an image needs, and how to get it when the store does not have it.
struct LayerJob {
  model::Digest diff_id;
  std::function<base::Result<FetchedLayer>()> fetch;  ///< Called from any thread, at most once.
  std::function<void()> exists;                       ///< The store had it already; may be empty.
};

/// Brings the layers of one image (bottom first) into the store: those it has are taken, the others fetched,
/// at most `parallel` at a time. Of several processes that want the same layer one does the work and the
/// others wait for it, until `cancellation` is requested. The layers come back committed, recorded and held
/// by `arrival`.
base::Result<std::vector<LayerRecord>> install_layers(ImageStore& store, Arrival& arrival,
                                                      const std::vector<LayerJob>& jobs, std::size_t parallel,
                                                      const base::Cancellation& cancellation);

}  // namespace runtime::image
