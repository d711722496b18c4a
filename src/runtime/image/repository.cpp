// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/repository.h"

#include <fmt/format.h>

namespace runtime::image {
namespace {

constexpr int kDeepestIndex = 3;

}  // namespace

base::Result<std::string> Repository::read_blob(const registry::Descriptor& blob, std::size_t limit) {
  if (blob.size < 0 || static_cast<std::size_t>(blob.size) > limit) {
    return base::fail(base::ErrorClass::Invalid, fmt::format("blob {} has {} bytes, more than {}",
                                                             blob.digest.text(), blob.size, limit));
  }
  std::string out;
  TRY(fetch_blob(blob,
                 [&](std::string_view data) -> base::Result<> {
                   out += data;
                   return {};
                 },
                 {}));
  return out;
}

base::Result<FoundManifest> find_manifest(Repository& repository, const std::string& name,
                                          const registry::Platform& platform) {
  const registry::ManifestDocument named = TRY(repository.fetch_manifest(name));
  FoundManifest out{named, named, {}};
  for (int depth = 0; registry::is_index_type(out.document.media_type); ++depth) {
    if (depth == kDeepestIndex)
      return base::fail(base::ErrorClass::Invalid, "the registry nests indexes too deeply");
    const registry::Index index = TRY(registry::parse_index(out.document.json, out.document.media_type));
    const registry::Descriptor chosen = TRY(registry::choose_platform(index, platform));
    out.document = TRY(repository.fetch_manifest(chosen.digest.text()));
    if (out.document.media_type != chosen.media_type) {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("the index calls {} {}, it was sent as {}", chosen.digest.text(),
                                    chosen.media_type.substr(0, 100), out.document.media_type));
    }
  }
  out.manifest = TRY(registry::parse_manifest(out.document.json, out.document.media_type));
  return out;
}

}  // namespace runtime::image
