// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/cache_imports.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/split.h"
#include "runtime/build/build_job.h"
#include "runtime/image/layer_fetch.h"

namespace runtime::build {
namespace {

constexpr std::string_view kStandIn = "import:";
constexpr std::size_t kParallelLayers = 4;

std::string name_of(const CacheOption& option) {
  return option.kind == CacheOption::Kind::Local ? fmt::format("{}:{}", option.place, option.tag)
                                                 : option.place;
}

/// The key a stand-in is for; nothing for a layer of the store.
std::optional<std::string> key_of(std::string_view layer) {
  if (!layer.starts_with(kStandIn)) return std::nullopt;
  return std::string(layer.substr(kStandIn.size()));
}

}  // namespace

void CacheImports::configure(const std::vector<std::string>& options) {
  for (const std::string& text : options) {
    auto option = parse_cache_option(text, CacheUse::From);
    if (!option) {
      job_.warn(option.error());
      continue;
    }
    for (const std::string& name : option->without_effect)
      job_.warn(
          base::make_error(base::ErrorClass::Unsupported, fmt::format("cache_from: {} has no effect", name)));
    options_.push_back(*std::move(option));
  }
}

std::string CacheImports::scoped(const std::string& key) const {
  std::vector<std::string> parts = {"imported", key};
  for (const CacheOption& option : options_) parts.push_back(name_of(option));
  std::sort(parts.begin() + 2, parts.end());
  return make_key(parts);
}

base::Result<std::unique_ptr<CacheImports::Source>> CacheImports::open(const CacheOption& option) {
  auto source = std::make_unique<Source>();
  source->name = name_of(option);
  if (option.kind == CacheOption::Kind::Local) {
    source->repository = TRY(image::open_layout(option.place, image::LayoutAccess::Read));
    source->artifact = TRY(image::fetch_artifact(*source->repository, option.tag, kLargestCacheIndex));
  } else {
    const model::ImageReference reference = TRY(model::ImageReference::parse(option.place));
    const std::string name = reference.digest ? reference.digest->text() : reference.tag;
    auto repositories = TRY(job_.open_repositories(reference, RepositoryUse::Fetch));
    base::Result<image::Artifact> artifact;
    for (auto& repository : repositories) {
      artifact = image::fetch_artifact(*repository, name, kLargestCacheIndex);
      source->repository = std::move(repository);
      if (artifact) break;
    }
    source->artifact = TRY(std::move(artifact));
  }
  const image::Artifact& artifact = source->artifact;
  const auto inlined = artifact.annotations.find(std::string(kCacheAnnotation));
  if (artifact.config_type != kCacheConfigType && inlined == artifact.annotations.end()) {
    return base::fail(base::make_error(base::ErrorClass::NotFound, "it holds no cache of this builder")
                          .with_hint("write one with cache_to: type=registry or type=inline"));
  }
  const bool whole = artifact.config_type == kCacheConfigType;
  source->index = TRY(parse_cache_index(whole ? artifact.config_json : inlined->second));
  if (source->index.diff_ids.size() != artifact.layers.size())
    return base::fail(base::ErrorClass::Invalid, "its index and its manifest differ");
  return source;
}

void CacheImports::open_all() {
  if (std::exchange(opened_, true)) return;
  for (const CacheOption& option : options_) {
    const std::string name = name_of(option);
    const std::string id = job_.next_step_id();
    const std::int64_t start = base::now_ns();
    job_.emit({.kind = BuildEvent::Kind::Started, .id = id, .text = "importing the cache " + name});
    auto source = open(option);
    job_.emit({.kind = BuildEvent::Kind::Done,
               .id = id,
               .text = {},
               .elapsed = base::Duration(base::now_ns() - start)});
    if (source) {
      sources_.push_back(*std::move(source));
    } else if (source.error().error_class != base::ErrorClass::Cancelled) {
      job_.warn(std::move(source).error().while_doing(fmt::format("reading the cache {}", name)));
    }
  }
}

std::optional<CachedLayer> CacheImports::find(const std::string& key, const std::string& description) {
  if (empty()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  open_all();
  if (lost_.contains(key)) return std::nullopt;
  // One that has the layer is better than one that only knows of it.
  Place* place = nullptr;
  for (const auto& source : sources_) {
    const auto step = source->index.steps.find(key);
    if (step == source->index.steps.end() || (place != nullptr && place->step.layer)) continue;
    place = &places_[key];
    place->source = source.get();
    place->step = step->second;
    place->description = description;
  }
  if (place == nullptr) return std::nullopt;
  return CachedLayer{.layer = std::string(kStandIn) + key, .created_ns = place->step.created_ns};
}

std::optional<std::string> CacheImports::find_link(const std::string& cheap_key) {
  if (empty()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  open_all();
  for (const auto& source : sources_) {
    const auto link = source->index.links.find(cheap_key);
    if (link != source->index.links.end()) return link->second;
  }
  return std::nullopt;
}

std::optional<std::string> CacheImports::fetched_layer(const std::string& stand_in) {
  const auto key = key_of(stand_in);
  const std::lock_guard lock(mutex_);
  if (!key || places_.at(*key).layer.empty()) return std::nullopt;
  return places_.at(*key).layer;
}

bool CacheImports::lost(const std::vector<std::string>& layers) {
  const std::lock_guard lock(mutex_);
  return std::any_of(layers.begin(), layers.end(), [&](const std::string& layer) {
    const auto key = key_of(layer);
    return key && lost_.contains(*key);
  });
}

base::Result<std::optional<std::vector<std::string>>> CacheImports::fetch(
    const std::vector<std::string>& layers) {
  std::optional<std::vector<std::string>> out(layers);
  const auto is_stand_in = [](const std::string& layer) { return key_of(layer).has_value(); };
  if (std::none_of(layers.begin(), layers.end(), is_stand_in)) return out;
  const std::lock_guard lock(mutex_);
  std::map<Source*, std::vector<std::string>> missing;
  bool lost = false;
  for (const std::string& layer : layers) {
    const auto key = key_of(layer);
    if (!key) continue;
    const Place& place = places_.at(*key);
    if (!place.step.layer) lost_.insert(*key);
    if (lost_.contains(*key)) {
      lost = true;
    } else if (place.layer.empty()) {
      missing[place.source].push_back(*key);
    }
  }
  for (auto& [source, keys] : missing) lost = lost || !TRY(fetch_from(*source, keys));
  if (lost) return std::optional<std::vector<std::string>>();
  for (std::string& layer : *out) {
    if (const auto key = key_of(layer)) layer = places_.at(*key).layer;
  }
  return out;
}

base::Result<bool> CacheImports::fetch_from(Source& source, const std::vector<std::string>& keys) {
  const std::string id = job_.next_step_id();
  const std::int64_t start = base::now_ns();
  const char* plural = keys.size() == 1 ? "" : "s";
  job_.emit({.kind = BuildEvent::Kind::Started,
             .id = id,
             .text = fmt::format("fetching {} layer{} of the cache {}", keys.size(), plural, source.name)});
  auto installed = install(source, keys);
  job_.emit({.kind = BuildEvent::Kind::Done,
             .id = id,
             .text = {},
             .elapsed = base::Duration(base::now_ns() - start)});
  if (installed) return true;
  if (installed.error().error_class == base::ErrorClass::Cancelled || job_.cancellation.requested())
    return base::fail(std::move(installed).error());
  lost_.insert(keys.begin(), keys.end());
  job_.warn(std::move(installed).error().while_doing(fmt::format("fetching from the cache {}", source.name)));
  return false;
}

base::Result<> CacheImports::install(Source& source, const std::vector<std::string>& keys) {
  image::Arrival arrival(job_.images);
  std::vector<image::LayerJob> jobs;
  for (const std::string& key : keys) {
    const std::size_t position = *places_.at(key).step.layer;
    jobs.push_back({source.index.diff_ids[position],
                    [&, position] {
                      return image::fetch_layer(job_.images, *source.repository,
                                                source.artifact.layers[position],
                                                source.index.diff_ids[position], {});
                    },
                    {}});
  }
  const auto records =
      TRY(image::install_layers(job_.images, arrival, jobs, kParallelLayers, job_.cancellation));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string& layer = records[i].snapshot;
    if (!TRY(job_.hold_layer(layer)))
      return base::fail(base::ErrorClass::Conflict, "a layer just fetched was removed by somebody else");
    Place& place = places_.at(keys[i]);
    TRY(job_.cache.record(scoped(keys[i]), {.layer = layer, .created_ns = place.step.created_ns},
                          place.description));
    place.layer = layer;
  }
  return {};
}

}  // namespace runtime::build
