// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/bundled_images.h"

#include <fmt/format.h>

#include "runtime/build/builder.h"
#include "runtime/engine/idle.h"
#include "runtime/engine/image_events.h"
#include "runtime/image/image_archive.h"
#include "runtime/image/repository.h"
#include "runtime/image/root_export.h"
#include "runtime/registry/http_transport.h"
#include "sys/file.h"

namespace runtime::engine {
namespace {

/// What a Dockerfile's ADD downloads.
base::Result<build::Download> download(registry::HttpTransport& transport, const std::string& url, int fd,
                                       const base::Cancellation& cancellation) {
  const registry::BodySink sink = [&](const registry::HttpResponse&, std::string_view data) {
    return sys::write_all(fd, data);
  };
  const registry::HttpResponse answer = TRY(transport.perform({.url = url}, sink, cancellation));
  if (answer.status < 200 || answer.status > 299) {
    const auto error_class =
        answer.status == 404 ? base::ErrorClass::NotFound : base::ErrorClass::Unavailable;
    return base::fail(error_class, fmt::format("the server answered with status {}", answer.status));
  }
  return build::Download{.last_modified = answer.header("last-modified")};
}

registry::TlsSettings any_server(const std::string&) { return {.unencrypted = true}; }

build::UrlSource downloads(registry::HttpTransport& transport) {
  return [&transport](const std::string& url, int fd, const base::Cancellation& stop) {
    return download(transport, url, fd, stop);
  };
}

base::Result<std::vector<std::unique_ptr<image::Repository>>> open_repositories(
    const model::ImageReference& reference, build::RepositoryUse use,
    const base::Cancellation& cancellation) {
  const registry::RegistryOptions options = TRY(registry::load_options());
  if (use == build::RepositoryUse::Fetch) return image::open_for_pull(reference, options, cancellation);
  std::vector<std::unique_ptr<image::Repository>> out;
  out.push_back(TRY(image::open_for_push(reference, options, cancellation)));
  return out;
}

}  // namespace

base::Result<std::vector<model::ObservedImage>> BundledImages::list() { return stores_.images->list(); }

base::Result<model::ObservedImage> BundledImages::inspect(const std::string& image) {
  return stores_.images->inspect(image);
}

base::Result<std::vector<std::string>> BundledImages::layers(const std::string& image) {
  const std::string id = TRY(stores_.images->find_id(image));
  std::vector<std::string> out;
  for (const image::LayerRecord& layer : TRY(stores_.images->layers(id))) {
    if (!layer.diff_id) return std::vector<std::string>();
    out.push_back(layer.diff_id->text());
  }
  return out;
}

base::Result<std::string> BundledImages::build(const model::BuildSpec& spec,
                                               const engine_client::ImageEventSink& sink,
                                               const base::Cancellation& cancellation) {
  build::Builder builder(*stores_.snapshots, *stores_.images, *stores_.database, runner_, stores_.roots.data,
                         stores_.roots.run);
  builder.set_image_source([&](const std::string& reference, build::FetchMode mode,
                               const base::Cancellation& stop) -> base::Result<> {
    if (mode == build::FetchMode::Missing && stores_.images->find_id(reference)) return {};
    return pull(reference, {}, sink, stop);
  });
  registry::HttpTransport transport(&any_server);
  builder.set_url_source(downloads(transport));
  builder.set_repository_source(&open_repositories);
  auto built = builder.build(spec, make_build_sink(sink), cancellation);
  auto released = release_when_idle(stores_);  // The steps' network.
  if (!built) return base::fail(std::move(built).error());
  TRY(std::move(released));
  return std::move(built->id);
}

base::Result<model::BuildOutline> BundledImages::outline(const model::BuildSpec& spec,
                                                         const base::Cancellation& cancellation) {
  build::Builder builder(*stores_.snapshots, *stores_.images, *stores_.database, runner_, stores_.roots.data,
                         stores_.roots.run);
  registry::HttpTransport transport(&any_server);
  builder.set_url_source(downloads(transport));
  return builder.outline(spec, cancellation);
}

base::Result<std::vector<std::string>> BundledImages::base_images(const model::BuildSpec& spec) {
  build::Builder builder(*stores_.snapshots, *stores_.images, *stores_.database, runner_, stores_.roots.data,
                         stores_.roots.run);
  return builder.base_images(spec);
}

base::Result<engine_client::ImageRemoval> BundledImages::remove(const std::string& image, bool force) {
  const auto mode = force ? image::RemoveMode::Force : image::RemoveMode::Careful;
  image::Removal removal = TRY(stores_.images->remove(image, mode, image_users()));
  return engine_client::ImageRemoval{std::move(removal.untagged), std::move(removal.deleted), removal.freed};
}

base::Result<engine_client::ImageRemoval> BundledImages::prune(engine_client::PruneImages which,
                                                               const engine_client::PruneFilter& filter) {
  const auto mode =
      which == engine_client::PruneImages::All ? image::PruneMode::All : image::PruneMode::Dangling;
  image::Removal removal =
      TRY(stores_.images->prune(mode, image_users(), [&](const image::ImageConfig& config) {
        return filter.takes(config.labels, config.created.value_or(model::TimePoint()));
      }));
  return engine_client::ImageRemoval{std::move(removal.untagged), std::move(removal.deleted), removal.freed};
}

base::Result<std::vector<engine_client::ImageHistoryRow>> BundledImages::history(const std::string& image) {
  std::vector<engine_client::ImageHistoryRow> out;
  for (image::HistoryRow& row : TRY(stores_.images->history(image))) {
    out.push_back(
        {row.entry.created, std::move(row.entry.created_by), std::move(row.entry.comment), row.size});
  }
  return out;
}

base::Result<> BundledImages::tag(const std::string& image, const std::string& reference) {
  return stores_.images->tag(image, reference);
}

base::Result<std::string> BundledImages::import(int tar, const engine_client::ImportOptions& options) {
  return image::import_root(*stores_.images, tar,
                            {.reference = options.reference,
                             .changes = options.changes,
                             .message = options.message,
                             .platform = options.platform});
}

base::Result<std::vector<std::string>> BundledImages::load(int tar, const engine_client::LoadOptions& options,
                                                           const engine_client::ImageEventSink& sink) {
  return image::load_archive(*stores_.images, tar, make_progress_sink(sink, Transfer::Load),
                             options.platform);
}

base::Result<> BundledImages::save(const engine_client::SaveOptions& options, int tar,
                                   const base::Cancellation& cancellation) {
  return image::save_archive(*stores_.images, {.images = options.images, .names = options.names}, tar,
                             cancellation);
}

base::Result<> BundledImages::export_root(const std::string& image, int tar,
                                          const base::Cancellation& cancellation) {
  TRY_WHILE(image::export_image(*stores_.images, image, tar, cancellation),
            fmt::format("exporting {}", image));
  return {};
}

image::ImageUsers BundledImages::image_users() {
  return [this](const std::string& image_id) { return stores_.containers->users_of_image(image_id); };
}

}  // namespace runtime::engine
