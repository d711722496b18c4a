// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/bundled_images.h"

namespace runtime::engine {
namespace {

tl::unexpected<base::Error> no_registry(const std::string& reference) {
  return base::fail(
      base::make_error(base::ErrorClass::Unsupported, "no registry can be reached for image " + reference)
          .with_hint("load it from an archive with `compose image load`"));
}

}  // namespace

base::Result<> BundledImages::pull(const std::string& reference, const engine_client::PullOptions&,
                                   const engine_client::ImageEventSink&, const base::Cancellation&) {
  return no_registry(reference);
}

base::Result<> BundledImages::push(const std::string& reference, const engine_client::ImageEventSink&,
                                   const base::Cancellation&) {
  return no_registry(reference);
}

}  // namespace runtime::engine
