// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/build/build_cache.h"
#include "runtime/build/cache_index.h"
#include "runtime/build/cache_option.h"
#include "runtime/image/image_store.h"

namespace runtime::build {

class BuildJob;

/// Writes what a build knows of its steps to caches outside. compose-spec: build.cache_to. Safe for several
/// threads while steps are noted.
class CacheExport {
 public:
  explicit CacheExport(BuildJob& job) : job_(job) {}

  /// A cache of a type that is not known is warned about and left out; Invalid for one that makes no sense.
  base::Result<> configure(const std::vector<std::string>& options);

  void note_step(const std::string& key, const CachedLayer& layer);
  void note_link(const std::string& cheap_key, const std::string& key);

  /// Gives the image the annotation that is its inline cache, where that was asked for.
  base::Result<> annotate(image::BuiltImage& image);
  /// All others, once the image is recorded; `layers` are its own.
  base::Result<> write(const std::vector<std::string>& layers);

 private:
  base::Result<> write_one(const CacheOption& option, const std::vector<std::string>& layers);
  /// Layers that were fetched meanwhile have their own names now; of the others only the key is known.
  void name_fetched_layers();
  base::Result<> export_to(const CacheOption& option, const std::function<base::Result<>()>& work);
  base::Result<std::vector<std::string>> choose_layers(const CacheOption& option,
                                                       const std::vector<std::string>& image_layers);
  /// What is known, for a manifest of these layers.
  CacheIndex make_index(const std::vector<image::LayerRecord>& layers) const;

  BuildJob& job_;
  std::vector<CacheOption> options_;
  std::mutex mutex_;  ///< Guards what is noted.
  std::map<std::string, CachedLayer> steps_;
  std::map<std::string, std::string> links_;
};

}  // namespace runtime::build
