// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/image/image_store.h"
#include "runtime/image/repository.h"

namespace runtime::image {

/// A manifest with its configuration: an image, or something else that keeps its data as layers. OCI
/// image-spec: manifest.md, guidelines for artifact usage.
struct Artifact {
  std::string config_type;  ///< Media type of the configuration: tells what this is.
  std::string config_json;
  std::map<std::string, std::string> annotations;
  std::vector<registry::Descriptor> layers;
};

/// NotFound: no such name. Invalid: a configuration above `limit` bytes. Of an index, this machine's.
base::Result<Artifact> fetch_artifact(Repository& repository, const std::string& name, std::size_t limit);

/// Brings an image into the store without giving it a name; its ID. NotFound: none for this machine. Invalid:
/// it is no image, or a digest is not true.
base::Result<std::string> take_image(ImageStore& store, Repository& repository, const std::string& name,
                                     const base::Cancellation& cancellation);

/// The layers with blobs in the content store, several made at a time.
base::Result<std::vector<LayerRecord>> make_blobs(ImageStore& store,
                                                  const std::vector<std::string>& snapshots,
                                                  const base::Cancellation& cancellation);

/// Sends what the repository does not have, and points `name` at it. `layers` have blobs.
base::Result<> push_artifact(ImageStore& store, Repository& repository, const std::string& name,
                             const std::string& config_type, const std::string& config_json,
                             const std::vector<LayerRecord>& layers);

}  // namespace runtime::image
