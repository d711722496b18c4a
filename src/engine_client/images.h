// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "engine_client/prune_filter.h"
#include "model/build_outline.h"
#include "model/build_spec.h"
#include "model/observed.h"

namespace engine_client {

/// Progress of a pull, push, build or load, for display. A build tells of the images it pulls, too.
struct ImageEvent {
  enum class Kind {
    Started,  ///< Of a step of a build, as the others but the last two.
    Output,
    Cached,
    Done,
    Failed,
    Layer,     ///< What is being done with a layer: "Downloading", "Pushing".
    LayerDone  ///< What has become of it: "Pull complete", "Already exists", "Pushed".
  };
  Kind kind = Kind::Layer;
  std::string id;    ///< Layer's short digest, or build step: stable over the events of one piece of work.
  std::string text;  ///< Step's text, a piece of its output, or one of the layer's states above.
  std::int64_t current = 0, total = 0;  ///< Bytes; 0 unknown.
  base::Duration elapsed{0};            ///< Done and Failed.
};
/// Called from any thread, one call at a time.
using ImageEventSink = std::function<void(const ImageEvent&)>;

struct PullOptions {
  std::string platform;
};
struct ImageRemoval {
  std::vector<std::string> untagged;  ///< References.
  std::vector<std::string> deleted;   ///< Image IDs.
  std::int64_t freed = 0;             ///< Bytes of layers that nobody needs any more.
};
enum class PruneImages { Dangling, All };  ///< Without a name; or also those with one.

/// One step of an image's making, as `image history` shows it.
struct ImageHistoryRow {
  std::optional<model::TimePoint> created;
  std::string created_by, comment;
  std::int64_t size = 0;  ///< Bytes of its layer, 0 without one.
};
/// What `save` writes.
struct SaveOptions {
  std::vector<std::string> images;  ///< References, IDs or unique ID prefixes.
  std::vector<std::string> names;   ///< What the only image is called in the archive; empty: as asked for.
};
/// What `load` takes out of an archive.
struct LoadOptions {
  std::string platform;  ///< Only images for this os/arch[/variant]; empty: this machine's.
};
struct ImportOptions {
  std::string reference;             ///< Name to give; may be empty.
  std::vector<std::string> changes;  ///< Dockerfile instructions: "CMD [\"sh\"]"
  std::string message;
  std::string platform;  ///< os/arch[/variant]; empty: this machine's.
};

/// The engine's images: finding, pulling, building, tagging and removing them.
class Images {
 public:
  virtual ~Images() = default;
  virtual base::Result<std::vector<model::ObservedImage>> list() = 0;
  /// By reference, ID or unique ID prefix. NotFound when it is not in the store.
  virtual base::Result<model::ObservedImage> inspect(const std::string& image) = 0;
  /// Diff IDs ("sha256:...") of its layers, bottom first. Empty for an image that was built here and neither
  /// saved nor pushed: nobody has made its layers' tars yet.
  virtual base::Result<std::vector<std::string>> layers(const std::string& image) = 0;
  virtual base::Result<> pull(const std::string& reference, const PullOptions&, const ImageEventSink&,
                              const base::Cancellation&) = 0;
  /// Tags that the registry of "repository" has for it, sorted.
  virtual base::Result<std::vector<std::string>> remote_tags(const std::string& repository,
                                                             const base::Cancellation&) = 0;
  virtual base::Result<> push(const std::string& reference, const ImageEventSink&,
                              const base::Cancellation&) = 0;
  /// The new image's ID.
  virtual base::Result<std::string> build(const model::BuildSpec&, const ImageEventSink&,
                                          const base::Cancellation&) = 0;
  /// Images that a build would start from or copy from, for building siblings in the right order. None when
  /// the engine cannot tell without building.
  virtual base::Result<std::vector<std::string>> base_images(const model::BuildSpec&) {
    return std::vector<std::string>();
  }
  /// What the Dockerfile of a build offers, without building. Unsupported when the engine cannot tell.
  virtual base::Result<model::BuildOutline> outline(const model::BuildSpec&, const base::Cancellation&) {
    return base::fail(base::ErrorClass::Unsupported, "this engine tells nothing of a Dockerfile");
  }
  virtual base::Result<ImageRemoval> remove(const std::string& image, bool force) = 0;
  /// Images that no container is made from or mounts, if the filter takes them.
  virtual base::Result<ImageRemoval> prune(PruneImages which, const PruneFilter&) = 0;
  /// Newest step first.
  virtual base::Result<std::vector<ImageHistoryRow>> history(const std::string& image) = 0;
  virtual base::Result<> tag(const std::string& image, const std::string& reference) = 0;
  /// A root file-system tar (plain, gzip or zstd) from a descriptor; the new image's ID.
  virtual base::Result<std::string> import(int tar, const ImportOptions&) = 0;
  /// A docker-archive or OCI-layout tar; the references it brought, or IDs where it names none.
  virtual base::Result<std::vector<std::string>> load(int tar, const LoadOptions&, const ImageEventSink&) = 0;
  /// Cancelled: the tar is not whole.
  virtual base::Result<> save(const SaveOptions&, int tar, const base::Cancellation&) = 0;
  /// The root file system that a container of the image would start with, as a tar. Cancelled as above.
  virtual base::Result<> export_root(const std::string& image, int tar, const base::Cancellation&) = 0;
};

}  // namespace engine_client
