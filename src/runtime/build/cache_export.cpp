// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/cache_export.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/clock.h"
#include "runtime/build/build_job.h"
#include "runtime/build/cache_imports.h"
#include "runtime/image/layer_blob.h"

namespace runtime::build {
namespace {

std::string describe(const CacheOption& option) {
  switch (option.kind) {
    case CacheOption::Kind::Inline: return "with the image";
    case CacheOption::Kind::Local: return fmt::format("to {}:{}", option.place, option.tag);
    case CacheOption::Kind::Registry: break;
  }
  return "to " + option.place;
}

}  // namespace

base::Result<> CacheExport::configure(const std::vector<std::string>& options) {
  for (const std::string& text : options) {
    auto parsed = parse_cache_option(text, CacheUse::To);
    if (!parsed && parsed.error().error_class == base::ErrorClass::Unsupported) {
      job_.warn(parsed.error());
      continue;
    }
    CacheOption option = TRY(std::move(parsed));
    for (const std::string& name : option.without_effect)
      job_.warn(
          base::make_error(base::ErrorClass::Unsupported, fmt::format("cache_to: {} has no effect", name)));
    if (job_.snapshots.method() == snapshot::Method::Copy) {
      job_.warn(base::make_error(
          base::ErrorClass::Unsupported,
          fmt::format("cache_to '{}' is not written: without overlayfs layers are whole roots", text)));
      continue;
    }
    options_.push_back(std::move(option));
  }
  return {};
}

void CacheExport::note_step(const std::string& key, const CachedLayer& layer) {
  if (options_.empty()) return;
  const std::lock_guard lock(mutex_);
  steps_[key] = layer;
}

void CacheExport::note_link(const std::string& cheap_key, const std::string& key) {
  if (options_.empty()) return;
  const std::lock_guard lock(mutex_);
  links_[cheap_key] = key;
}

void CacheExport::name_fetched_layers() {
  for (auto& [key, step] : steps_) {
    const auto fetched = job_.imports.fetched_layer(step.layer);
    if (fetched) step.layer = *fetched;
  }
}

base::Result<> CacheExport::export_to(const CacheOption& option,
                                      const std::function<base::Result<>()>& work) {
  const std::string id = job_.next_step_id();
  const std::int64_t start = base::now_ns();
  const auto elapsed = [&] { return base::Duration(base::now_ns() - start); };
  const std::string text = fmt::format("exporting the cache {}", describe(option));
  job_.emit({.kind = BuildEvent::Kind::Started, .id = id, .text = text});
  auto written = work();
  if (!written && !option.ignore_error) {
    base::Error error = std::move(written).error().while_doing(text);
    job_.emit(
        {.kind = BuildEvent::Kind::Failed, .id = id, .text = error.message + "\n", .elapsed = elapsed()});
    return base::fail(std::move(error));
  }
  job_.emit({.kind = BuildEvent::Kind::Done, .id = id, .text = {}, .elapsed = elapsed()});
  if (!written) job_.warn(std::move(written).error().while_doing(text));
  return {};
}

base::Result<> CacheExport::annotate(image::BuiltImage& image) {
  for (const CacheOption& option : options_) {
    if (option.kind != CacheOption::Kind::Inline) continue;
    name_fetched_layers();
    TRY(export_to(option, [&]() -> base::Result<> {
      std::vector<image::LayerRecord> records;
      for (const std::string& layer : image.layers) {
        records.push_back(
            TRY(image::with_diff_id(job_.images, TRY(job_.images.layer(layer)), job_.cancellation)));
      }
      if (!image.annotations) image.annotations.emplace();
      (*image.annotations)[std::string(kCacheAnnotation)] = encode_cache_index(make_index(records));
      return {};
    }));
  }
  return {};
}

base::Result<> CacheExport::write(const std::vector<std::string>& layers) {
  name_fetched_layers();
  for (const CacheOption& option : options_) {
    if (option.kind == CacheOption::Kind::Inline) continue;
    TRY(export_to(option, [&] { return write_one(option, layers); }));
  }
  return {};
}

base::Result<std::vector<std::string>> CacheExport::choose_layers(
    const CacheOption& option, const std::vector<std::string>& image_layers) {
  std::vector<std::string> out, all;
  for (const auto& [key, step] : steps_) all.push_back(step.layer);
  if (option.all_steps) TRY(job_.imports.fetch(all));  // Together; what cannot be had is left out below.
  for (auto& [key, step] : steps_) {
    const bool of_image =
        std::find(image_layers.begin(), image_layers.end(), step.layer) != image_layers.end();
    if (!option.all_steps && !of_image) continue;
    const auto here = TRY(job_.imports.fetch({step.layer}));
    if (!here) continue;
    step.layer = here->front();
    if (std::find(out.begin(), out.end(), step.layer) == out.end()) out.push_back(step.layer);
  }
  constexpr std::size_t kMostLayers = 500;  // A manifest has no more.
  if (out.size() > kMostLayers) {
    job_.warn(base::make_error(base::ErrorClass::Unsupported,
                               fmt::format("the cache leaves {} layers out: a manifest has at most {}",
                                           out.size() - kMostLayers, kMostLayers)));
    out.resize(kMostLayers);
  }
  return out;
}

CacheIndex CacheExport::make_index(const std::vector<image::LayerRecord>& layers) const {
  CacheIndex index;
  std::map<std::string, std::size_t> positions;
  for (const image::LayerRecord& layer : layers) {
    positions[layer.snapshot] = index.diff_ids.size();
    index.diff_ids.push_back(*layer.diff_id);
  }
  for (const auto& [key, step] : steps_) {
    ExportedStep exported{.layer = {}, .created_ns = step.created_ns};
    if (const auto found = positions.find(step.layer); found != positions.end())
      exported.layer = found->second;
    index.steps[key] = exported;
  }
  index.links = links_;
  return index;
}

base::Result<> CacheExport::write_one(const CacheOption& option, const std::vector<std::string>& layers) {
  const auto records =
      TRY(image::make_blobs(job_.images, TRY(choose_layers(option, layers)), job_.cancellation));
  const std::string json = encode_cache_index(make_index(records));
  const std::string type(kCacheConfigType);
  if (option.kind == CacheOption::Kind::Local) {
    const auto layout = TRY(image::open_layout(option.place, image::LayoutAccess::Write, job_.cancellation));
    return image::push_artifact(job_.images, *layout, option.tag, type, json, records);
  }
  const model::ImageReference reference = TRY(model::ImageReference::parse(option.place));
  const auto repositories = TRY(job_.open_repositories(reference, RepositoryUse::Push));
  return image::push_artifact(job_.images, *repositories.front(), reference.tag, type, json, records);
}

}  // namespace runtime::build
