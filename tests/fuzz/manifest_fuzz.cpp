// SPDX-License-Identifier: Apache-2.0
// Everything of a registry or an archive that is text: manifests, indexes, configurations, challenges,
// answers.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "runtime/image/archive_index.h"
#include "runtime/image/image_config.h"
#include "runtime/registry/answers.h"
#include "runtime/registry/auth_challenge.h"
#include "runtime/registry/manifest.h"
#include "runtime/registry/registry_options.h"

using namespace runtime;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto manifest = registry::parse_manifest(input, "");
  const auto index = registry::parse_index(input, "");
  // One text must not be two things.
  if (manifest && index) std::abort();
  if (manifest && !registry::parse_manifest(registry::encode_manifest(*manifest), manifest->media_type))
    std::abort();
  if (index) static_cast<void>(registry::choose_platform(*index, {"linux", "amd64", "", ""}));
  static_cast<void>(registry::sniff_media_type(input));
  if (const auto config = image::parse_image_config(input)) {
    // Writing it down and reading it again gives the same bytes.
    const std::string canonical = image::encode_image_config(config->config, config->diff_ids);
    const auto again = image::parse_image_config(canonical);
    if (!again || image::encode_image_config(again->config, again->diff_ids) != canonical) std::abort();
  }
  static_cast<void>(image::parse_archive_index(input));
  static_cast<void>(registry::parse_challenge(input));
  static_cast<void>(registry::describe_errors(input));
  static_cast<void>(registry::parse_token_answer(input));
  static_cast<void>(base::decode_base64(input));
  registry::RegistryOptions options;
  static_cast<void>(registry::read_registries(input, options));
  return 0;
}
