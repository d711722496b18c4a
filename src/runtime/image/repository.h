// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "model/digest.h"
#include "model/image_reference.h"
#include "runtime/registry/manifest.h"
#include "runtime/registry/registry_client.h"
#include "runtime/registry/registry_options.h"

namespace runtime::image {

/// Where the manifests and blobs of one name lie: a repository of a registry, or a folder in the form of an
/// OCI image layout. What comes out of it has been compared with its digest. Safe for several threads.
class Repository {
 public:
  virtual ~Repository() = default;

  /// `name` is a tag or a digest. NotFound.
  virtual base::Result<registry::ManifestDocument> fetch_manifest(const std::string& name) = 0;
  /// Streams a blob, or what comes after `prefix` of it. Invalid when size or digest are not the
  /// descriptor's: nothing given to `sink`, and no prefix, may be used then.
  virtual base::Result<> fetch_blob(const registry::Descriptor& blob, const registry::BlobSink& sink,
                                    registry::BlobPrefix prefix) = 0;
  /// Of that size: one that broke off is none.
  virtual base::Result<bool> has_blob(const model::Digest& digest, std::int64_t size) = 0;
  virtual base::Result<> push_blob(const registry::BlobSource& blob) = 0;
  /// Last, once the blobs it names are there.
  virtual base::Result<> push_manifest(const std::string& name,
                                       const registry::ManifestDocument& document) = 0;

  /// A small blob at once.
  base::Result<std::string> read_blob(const registry::Descriptor& blob, std::size_t limit);
};

/// Those to try in turn for `reference`: its mirrors, then its registry. At least one.
base::Result<std::vector<std::unique_ptr<Repository>>> open_for_pull(const model::ImageReference& reference,
                                                                     const registry::RegistryOptions& options,
                                                                     const base::Cancellation& cancellation);
/// The registry's own.
base::Result<std::unique_ptr<Repository>> open_for_push(const model::ImageReference& reference,
                                                        const registry::RegistryOptions& options,
                                                        const base::Cancellation& cancellation);

/// Read: NotFound when there is none. Write: made when missing, and nobody else writes until it is closed.
enum class LayoutAccess { Read, Write };
/// OCI image-spec: image-layout.md. A manifest that takes an earlier one's tag takes the blobs away that only
/// the earlier one named. Waits for another writer; Cancelled.
base::Result<std::unique_ptr<Repository>> open_layout(const std::string& folder, LayoutAccess access,
                                                      const base::Cancellation& cancellation = {});

/// A manifest as found by a name, through indexes.
struct FoundManifest {
  registry::ManifestDocument named;     ///< What the name leads to: a manifest or an index.
  registry::ManifestDocument document;  ///< The manifest for the platform.
  registry::Manifest manifest;
};
base::Result<FoundManifest> find_manifest(Repository& repository, const std::string& name,
                                          const registry::Platform& platform);

}  // namespace runtime::image
