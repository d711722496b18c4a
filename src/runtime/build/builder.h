// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "model/build_outline.h"
#include "model/build_spec.h"
#include "model/image_reference.h"
#include "runtime/build/build_event.h"
#include "runtime/build/step_runner.h"

namespace sys {
class Database;
}
namespace runtime::snapshot {
class SnapshotStore;
}
namespace runtime::image {
class ImageStore;
class Repository;
}  // namespace runtime::image

namespace runtime::build {

/// Brings `reference` into the image store. `Always` asks the registry even when the store has it.
/// Empty: nothing is ever pulled, and a base image the store lacks is NotFound.
enum class FetchMode { Missing, Always };
using ImageSource =
    std::function<base::Result<>(const std::string& reference, FetchMode mode, const base::Cancellation&)>;

/// Writes what an http or https address holds to the open file `fd`.
struct Download {
  std::string last_modified;  ///< The header of that name, as it came.
};
using UrlSource =
    std::function<base::Result<Download>(const std::string& url, int fd, const base::Cancellation&)>;

/// The repositories of a registry that a cache lies in, or is to go to: those to try in turn.
enum class RepositoryUse { Fetch, Push };
using RepositorySource = std::function<base::Result<std::vector<std::unique_ptr<image::Repository>>>(
    const model::ImageReference& reference, RepositoryUse use, const base::Cancellation&)>;

/// What a build made. The image is in the store, tagged with each of the request's tags.
struct BuiltImage {
  std::string id;  ///< As the image store names it: "sha256:..."
};

/// One entry of the build cache, for `du` and `prune`.
struct CacheRecord {
  std::string id;
  std::string description;      ///< The instruction: "RUN apt-get update", or "cache mount /root/.cache".
  std::int64_t size = 0;        ///< Bytes of its own on disk; not what its parents take.
  std::int64_t created_ns = 0;  ///< Since the epoch.
  std::int64_t last_used_ns = 0;
  std::int64_t use_count = 0;
  bool in_use = false;  ///< An image holds the same layer: pruning frees nothing.
};

/// Which records `prune` takes: all that are not in use, unless narrowed.
struct CachePruneOptions {
  bool all = false;                ///< Also records in use by images (the image keeps its layers).
  std::int64_t unused_for_ns = 0;  ///< Only those not used for so long.
  std::function<bool(const CacheRecord&)> takes;  ///< Only these; empty: any.
  /// Oldest use first, until that is enough: see bytes_to_keep().
  std::optional<std::int64_t> most_bytes, free_bytes, keep_bytes;
};
/// How much of `total` bytes may stay so that at most `most_bytes` stay and `free_bytes` of the disk are
/// free, of which `disk_free` are now; but never less than `keep_bytes`. Nothing: no limit is set.
std::optional<std::int64_t> bytes_to_keep(const CachePruneOptions& options, std::int64_t total,
                                          std::int64_t disk_free);
struct CachePruneResult {
  std::vector<std::string> removed;  ///< Ids.
  std::int64_t freed_bytes = 0;
};

/// Builds images from Dockerfiles on the engine's own snapshots: a step's writable layer becomes a layer by
/// rename, and its tar and digest are made when somebody asks for them.
///
///     Builder builder(snapshots, images, database, runner, "/var/lib/compose",
///                     "/run/compose");
///     const BuiltImage image = TRY(builder.build(spec, sink, cancellation));
///
/// Safe for use from several threads, and by several processes on one data root.
class Builder {
 public:
  Builder(snapshot::SnapshotStore& snapshots, image::ImageStore& images, sys::Database& database,
          StepRunner& runner, std::string data_root, std::string run_root);
  ~Builder();
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  /// How a base image that is missing, or asked to be fresh by `pull`, gets into the store.
  void set_image_source(ImageSource source);
  /// How ADD downloads; without it an address is Unsupported.
  void set_url_source(UrlSource source);
  /// How caches in registries are reached; without it they are Unsupported.
  void set_repository_source(RepositorySource source);

  /// Invalid: the Dockerfile or the request is wrong (with position). NotFound: no such file in the context,
  /// stage or image. A RUN that failed carries its exit code in the message and in `Error::exit_code`.
  base::Result<BuiltImage> build(const model::BuildSpec& spec, const BuildEventSink& sink,
                                 const base::Cancellation& cancellation);

  /// Names of images the Dockerfile of `spec` starts from or copies from, stages and folders left out: lets
  /// the caller build a sibling service's image first. None for a context that would have to be fetched.
  base::Result<std::vector<std::string>> base_images(const model::BuildSpec& spec);

  /// What the Dockerfile offers, and what is odd in it; nothing is built. Fails as build() would before its
  /// first step.
  base::Result<model::BuildOutline> outline(const model::BuildSpec& spec,
                                            const base::Cancellation& cancellation);

  base::Result<std::vector<CacheRecord>> cache_records();
  /// Waits until nobody builds; Cancelled.
  base::Result<CachePruneResult> prune(const CachePruneOptions& options,
                                       const base::Cancellation& cancellation);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace runtime::build
