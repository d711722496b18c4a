// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/builder.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include <fmt/format.h>

#include "base/clock.h"
#include "runtime/build/build_cache.h"
#include "runtime/build/build_job.h"
#include "runtime/build/build_outline.h"
#include "runtime/build/cache_mount.h"
#include "runtime/build/remote_source.h"
#include "sys/disk_space.h"
#include "sys/file.h"
#include "sys/file_lock.h"

namespace runtime::build {
namespace {

/// The variable counts as a build argument of that name, as for buildx: https://reproducible-builds.org says
/// that tools take it from the environment.
model::BuildSpec with_source_date(model::BuildSpec spec) {
  constexpr const char* kName = "SOURCE_DATE_EPOCH";
  const char* value = std::getenv(kName);
  if (value != nullptr) spec.args.try_emplace(kName, value);
  return spec;
}

/// What another build left is no reason for this one to fail: the next one tries again.
void sweep_scratch(const std::string& all, const BuildEventSink& sink) {
  const auto swept = ScratchFolder::sweep(all);
  if (swept || !sink) return;
  const base::Error warning =
      base::make_error(swept.error().error_class,
                       fmt::format("files of a build that was killed stay: {}", swept.error().message));
  sink({.kind = BuildEvent::Kind::Warning, .id = {}, .text = base::to_text(warning, "warning")});
}

}  // namespace

struct Builder::Parts {
  snapshot::SnapshotStore& snapshots;
  image::ImageStore& images;
  sys::Database& database;
  StepRunner& runner;
  std::string data_root, run_root;
  BuildSources sources;
};

Builder::Builder(snapshot::SnapshotStore& snapshots, image::ImageStore& images, sys::Database& database,
                 StepRunner& runner, std::string data_root, std::string run_root)
    : parts_(new Parts{snapshots, images, database, runner, std::move(data_root), std::move(run_root), {}}) {}

Builder::~Builder() = default;

void Builder::set_image_source(ImageSource source) { parts_->sources.images = std::move(source); }
void Builder::set_url_source(UrlSource source) { parts_->sources.urls = std::move(source); }

void Builder::set_repository_source(RepositorySource source) {
  parts_->sources.repositories = std::move(source);
}

base::Result<BuiltImage> Builder::build(const model::BuildSpec& spec, const BuildEventSink& sink,
                                        const base::Cancellation& cancellation) {
  // prune() waits until nobody builds: what a build has found in the cache must stay until its image holds
  // it.
  TRY(sys::make_directories(parts_->data_root + "/build", 0700));
  const sys::UniqueFd building =
      TRY(sys::lock_file(parts_->data_root + "/build/lock", sys::LockKind::Shared, cancellation));
  for (const std::string& all : {disk_scratch(parts_->data_root), memory_scratch(parts_->run_root)})
    sweep_scratch(all, sink);
  BuildCache cache = TRY(BuildCache::open(parts_->database, parts_->snapshots, parts_->data_root));
  const model::BuildSpec request = with_source_date(spec);
  constexpr int kAttempts = 3;
  for (int attempt = 1;; ++attempt) {
    BuildJob job(request, parts_->snapshots, parts_->images, cache, parts_->runner, parts_->sources,
                 parts_->data_root, parts_->run_root, sink, cancellation);
    TRY(job.load());
    if (spec.check_only) {
      job.warn_unused_args();
      return BuiltImage{};
    }
    auto built = job.run();
    if (built || !job.lost_layer() || attempt == kAttempts) return built;
  }
}

base::Result<std::vector<std::string>> Builder::base_images(const model::BuildSpec& spec) {
  if (source_kind(spec.context) != SourceKind::Path) return std::vector<std::string>();
  BuildCache cache = TRY(BuildCache::open(parts_->database, parts_->snapshots, parts_->data_root));
  BuildJob job(spec, parts_->snapshots, parts_->images, cache, parts_->runner, parts_->sources,
               parts_->data_root, parts_->run_root, {}, {});
  TRY(job.load());
  return job.image_names();
}

base::Result<model::BuildOutline> Builder::outline(const model::BuildSpec& spec,
                                                   const base::Cancellation& cancellation) {
  BuildCache cache = TRY(BuildCache::open(parts_->database, parts_->snapshots, parts_->data_root));
  model::BuildSpec request = with_source_date(spec);
  request.check_only = true;
  BuildJob job(request, parts_->snapshots, parts_->images, cache, parts_->runner, parts_->sources,
               parts_->data_root, parts_->run_root, {}, cancellation);
  TRY(job.load());
  model::BuildOutline out = make_outline(job.source, job.dockerfile, job.graph);
  for (CheckFinding& finding : job.findings)
    out.findings.push_back({std::move(finding.rule), std::move(finding.warning)});
  return out;
}

base::Result<std::vector<CacheRecord>> Builder::cache_records() {
  BuildCache cache = TRY(BuildCache::open(parts_->database, parts_->snapshots, parts_->data_root));
  std::vector<CacheRecord> records = TRY(cache.records());
  for (CacheRecord& mount : TRY(list_cache_mounts(parts_->data_root))) records.push_back(std::move(mount));
  return records;
}

std::optional<std::int64_t> bytes_to_keep(const CachePruneOptions& options, std::int64_t total,
                                          std::int64_t disk_free) {
  if (!options.most_bytes && !options.free_bytes) return options.keep_bytes;
  std::int64_t keep = options.most_bytes.value_or(total);
  if (options.free_bytes)
    keep = std::min(keep, total - std::max<std::int64_t>(0, *options.free_bytes - disk_free));
  return std::max(keep, options.keep_bytes.value_or(0));
}

base::Result<CachePruneResult> Builder::prune(const CachePruneOptions& options,
                                              const base::Cancellation& cancellation) {
  TRY(sys::make_directories(parts_->data_root + "/build", 0700));
  const sys::UniqueFd alone =
      TRY(sys::lock_file(parts_->data_root + "/build/lock", sys::LockKind::Exclusive, cancellation));
  // Nobody builds, so what is left here belongs to builds that were killed.
  TRY(sys::remove_tree(disk_scratch(parts_->data_root)));
  TRY(sys::remove_tree(memory_scratch(parts_->run_root)));
  BuildCache cache = TRY(BuildCache::open(parts_->database, parts_->snapshots, parts_->data_root));
  std::vector<CacheRecord> records = TRY(cache_records());
  std::sort(records.begin(), records.end(),
            [](const CacheRecord& a, const CacheRecord& b) { return a.last_used_ns < b.last_used_ns; });
  std::int64_t left = 0;
  for (const CacheRecord& record : records) left += record.size;
  CachePruneResult result;
  const auto keep = bytes_to_keep(options, left, TRY(sys::free_bytes(parts_->data_root)));
  const std::int64_t now = base::now_ns();
  for (const CacheRecord& record : records) {
    if (record.in_use && !options.all) continue;
    if (options.unused_for_ns > 0 && now - record.last_used_ns < options.unused_for_ns) continue;
    if (options.takes && !options.takes(record)) continue;
    if (keep && left <= *keep) break;
    const bool is_mount = record.id.starts_with("mount:");
    result.freed_bytes +=
        is_mount ? TRY(remove_cache_mount(parts_->data_root, record.id)) : TRY(cache.remove(record.id));
    result.removed.push_back(record.id);
    left -= record.size;
  }
  result.freed_bytes += TRY(parts_->images.forget_lost_layers());
  return result;
}

}  // namespace runtime::build
