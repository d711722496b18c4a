// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/split.h"
#include "runtime/registry/manifest.h"

namespace runtime::registry {
namespace {

/// What an architecture's variant is taken for when none is said.
std::string default_variant(const Platform& platform) {
  if (!platform.variant.empty()) return platform.variant;
  if (platform.architecture == "arm64") return "v8";
  if (platform.architecture == "arm") return "v7";
  if (platform.architecture == "amd64") return "v1";
  return "";
}

/// 0: does not run here; more is better.
int match(const Platform& offered, const Platform& wanted) {
  if (offered.os != wanted.os || offered.architecture != wanted.architecture) return 0;
  const std::string want = default_variant(wanted), have = default_variant(offered);
  constexpr int kExact = 100, kWorst = 1;
  if (want == have) return kExact;
  // Older variants of the same family ("v6" for "v7") run too, the nearest best.
  const bool comparable = want.size() == 2 && have.size() == 2 && want[0] == 'v' && have[0] == 'v';
  if (comparable && have[1] < want[1]) return kExact - (want[1] - have[1]);
  return have.empty() ? kWorst : 0;
}

}  // namespace

base::Result<Platform> parse_platform(std::string_view text) {
  const std::vector<std::string> parts = base::split(text, '/');
  const auto bad = [&] {
    return base::fail(base::make_error(base::ErrorClass::Invalid, fmt::format("\"{}\" is no platform", text))
                          .with_hint("write os/architecture, such as linux/amd64"));
  };
  if (parts.size() < 2 || parts.size() > 3) return bad();
  for (const std::string& part : parts) {
    if (part.empty()) return bad();
  }
  Platform out{parts[0], parts[1], parts.size() == 3 ? parts[2] : "", ""};
  if (out.architecture == "x86_64") out.architecture = "amd64";
  if (out.architecture == "aarch64") out.architecture = "arm64";
  return out;
}

std::string to_text(const Platform& platform) {
  std::string out = platform.os + "/" + platform.architecture;
  if (!platform.variant.empty()) out += "/" + platform.variant;
  return out;
}

bool is_index_type(std::string_view media_type) {
  return media_type == media_type::kOciIndex || media_type == media_type::kDockerList;
}

bool is_manifest_type(std::string_view media_type) {
  return media_type == media_type::kOciManifest || media_type == media_type::kDockerManifest;
}

base::Result<Descriptor> choose_platform(const Index& index, const Platform& wanted) {
  const Descriptor* best = nullptr;
  int best_score = 0;
  std::vector<std::string> offered;
  for (const Descriptor& manifest : index.manifests) {
    if (!is_manifest_type(manifest.media_type) && !is_index_type(manifest.media_type)) continue;
    // What builders attest to lies beside the images as "unknown/unknown".
    const bool attests = manifest.platform && manifest.platform->architecture == "unknown";
    if (manifest.platform && !attests) offered.push_back(to_text(*manifest.platform));
    const int score = manifest.platform ? match(*manifest.platform, wanted) : 0;
    if (score > best_score) {
      best = &manifest;
      best_score = score;
    }
  }
  // An index of one nameless manifest means that one.
  if (best == nullptr && offered.empty() && index.manifests.size() == 1) best = &index.manifests.front();
  if (best != nullptr) return *best;
  return base::fail(
      base::make_error(base::ErrorClass::NotFound, fmt::format("no image for {}", to_text(wanted)))
          .with_hint(offered.empty() ? "the index names no platform"
                                     : "there are images for " + base::join(offered, ", ")));
}

}  // namespace runtime::registry
