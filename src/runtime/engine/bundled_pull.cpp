// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/bundled_images.h"
#include "runtime/engine/image_events.h"
#include "runtime/image/image_transfer.h"

namespace runtime::engine {

base::Result<> BundledImages::pull(const std::string& reference, const engine_client::PullOptions& options,
                                   const engine_client::ImageEventSink& sink,
                                   const base::Cancellation& cancellation) {
  const auto registry = TRY(registry::load_options());
  TRY(image::pull_image(*stores_.images, reference, options.platform, registry, make_progress_sink(sink),
                        cancellation));
  return {};
}

base::Result<> BundledImages::push(const std::string& reference, const engine_client::ImageEventSink& sink,
                                   const base::Cancellation& cancellation) {
  const auto registry = TRY(registry::load_options());
  TRY(image::push_image(*stores_.images, reference, registry, make_progress_sink(sink), cancellation));
  return {};
}

}  // namespace runtime::engine
