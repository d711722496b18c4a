// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "runtime/build/build_cache.h"
#include "runtime/build/cache_index.h"
#include "runtime/build/cache_option.h"
#include "runtime/image/artifact.h"

namespace runtime::build {

class BuildJob;

/// What tells a cache from an image; and where an image keeps its own.
inline constexpr std::string_view kCacheConfigType = "application/vnd.compose.build.cache.v1+json";
inline constexpr std::string_view kCacheAnnotation = "vnd.compose.build.cache.v1";

/// The caches outside that a build reads. Their indexes are fetched when this machine's cache lacks a step
/// for the first time, a layer when somebody needs its files: until then a stand-in has its place in the
/// stage. compose-spec: build.cache_from. Safe for several threads.
class CacheImports {
 public:
  explicit CacheImports(BuildJob& job) : job_(job) {}

  /// What cannot be read is warned about.
  void configure(const std::vector<std::string>& options);
  bool empty() const { return options_.empty(); }

  /// Where this machine's cache keeps what was imported, or made on top of it: only builds that name the same
  /// caches find it there. Nobody else has to trust what they hold.
  std::string scoped(const std::string& key) const;

  /// A stand-in for the step's layer.
  std::optional<CachedLayer> find(const std::string& key, const std::string& description);
  std::optional<std::string> find_link(const std::string& cheap_key);

  /// `layers` with the stand-ins brought into the store, and held by the build. Nothing when one cannot be
  /// had: find() gives it no more then, and what was made of it is to be made again.
  base::Result<std::optional<std::vector<std::string>>> fetch(const std::vector<std::string>& layers);
  /// The layer that took a stand-in's place.
  std::optional<std::string> fetched_layer(const std::string& stand_in);
  /// Whether a stand-in among them turned out not to be had.
  bool lost(const std::vector<std::string>& layers);

 private:
  struct Source {
    std::string name;
    std::unique_ptr<image::Repository> repository;
    image::Artifact artifact;
    CacheIndex index;
  };
  struct Place {
    Source* source = nullptr;
    ExportedStep step;
    std::string description;
    std::string layer;  ///< Snapshot id, once it is here.
  };
  void open_all();
  base::Result<std::unique_ptr<Source>> open(const CacheOption& option);
  base::Result<bool> fetch_from(Source& source, const std::vector<std::string>& keys);
  base::Result<> install(Source& source, const std::vector<std::string>& keys);

  BuildJob& job_;
  std::vector<CacheOption> options_;
  std::mutex mutex_;  ///< Guards all below.
  bool opened_ = false;
  std::vector<std::unique_ptr<Source>> sources_;
  std::map<std::string, Place> places_;  ///< Of steps that were found, by key.
  std::set<std::string> lost_;           ///< Keys.
};

}  // namespace runtime::build
