// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/bundled_images.h"
#include "runtime/engine/image_events.h"
#include "runtime/image/image_transfer.h"
#include "runtime/registry/registry_client.h"

namespace runtime::engine {

base::Result<> BundledImages::pull(const std::string& reference, const engine_client::PullOptions& options,
                                   const engine_client::ImageEventSink& sink,
                                   const base::Cancellation& cancellation) {
  const auto registry = TRY(registry::load_options());
  TRY(image::pull_image(*stores_.images, reference, options.platform, registry,
                        make_progress_sink(sink, Transfer::Pull), cancellation));
  return {};
}

base::Result<std::vector<std::string>> BundledImages::remote_tags(const std::string& repository,
                                                                  const base::Cancellation& cancellation) {
  const auto options = TRY(registry::load_options());
  const auto reference = TRY(model::ImageReference::parse(repository));
  // A mirror need not have all of them.
  const auto client = TRY(registry::RegistryClient::connect(
      reference.registry, options, TRY(registry::credential_store(options).find(reference.registry)),
      cancellation));
  return client->list_tags(reference.repository);
}

base::Result<> BundledImages::push(const std::string& reference, const engine_client::ImageEventSink& sink,
                                   const base::Cancellation& cancellation) {
  const auto registry = TRY(registry::load_options());
  TRY(image::push_image(*stores_.images, reference, registry, make_progress_sink(sink, Transfer::Push),
                        cancellation));
  return {};
}

}  // namespace runtime::engine
