// SPDX-License-Identifier: Apache-2.0
// Image references, digests and platforms: what is accepted is safe in a path and survives printing.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/image_reference.h"
#include "runtime/registry/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto reference = model::ImageReference::parse(input)) {
    const auto again = model::ImageReference::parse(reference->canonical_text());
    if (!again || *again != *reference) std::abort();
    const auto familiar = model::ImageReference::parse(reference->familiar_text());
    if (!familiar || familiar->canonical_text() != reference->canonical_text()) std::abort();
    if (("/" + reference->repository + "/").find("/../") != std::string::npos) std::abort();
    if (reference->repository.starts_with('/') || reference->tag.find('/') != std::string::npos) std::abort();
  }
  if (const auto digest = model::Digest::parse(input)) {
    if (digest->hex().size() != 64 || digest->hex().find('/') != std::string_view::npos) std::abort();
  }
  static_cast<void>(runtime::registry::parse_platform(input));
  return 0;
}
