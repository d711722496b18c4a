// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/image/image_transfer.h"
#include "runtime/registry/manifest.h"
#include "runtime/registry/registry_options.h"
#include "support/compressed.h"
#include "support/http_double.h"
#include "support/image_fixture.h"

namespace test {

inline runtime::registry::RegistryOptions quick_options(int attempts = 3) {
  runtime::registry::RegistryOptions options;
  options.first_pause = std::chrono::milliseconds(2);
  options.attempts = attempts;
  return options;
}

inline std::string digest_text(std::string_view text) { return "sha256:" + sys::sha256_hex(text); }

inline std::string noise(std::size_t size) {
  std::string out;
  while (out.size() < size) out += sys::random_hex(200);
  out.resize(size);
  return out;
}

/// An image "app:1" with one layer, and whatever a test changes about it.
struct Served {
  std::string layer_tar = TarBuilder().file("x", noise(400'000)).finish();
  std::string layer = gzip(layer_tar);
  std::string config = test::config_of({"", {layer_tar}, ""});
  std::string manifest = make_manifest(digest_text(layer), std::to_string(layer.size()));
  std::string manifest_type = std::string(runtime::registry::media_type::kOciManifest);
  /// Consulted first; nothing: the honest answer.
  std::function<std::optional<DoubleResponse>(const DoubleRequest&)> special;

  std::string make_manifest(const std::string& digest, const std::string& size) const {
    return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":)"
           R"("application/vnd.oci.image.config.v1+json","digest":")" +
           digest_text(config) + R"(","size":)" + std::to_string(config.size()) +
           R"(},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":")" + digest +
           R"(","size":)" + size + "}]}";
  }
  DoubleResponse answer(const DoubleRequest& request) const {
    if (special) {
      if (const auto response = special(request)) return *response;
    }
    if (request.path == "/v2/") return {200, {}, "{}", {}, {}};
    if (request.path.starts_with("/v2/app/manifests/"))
      return {200, {{"Content-Type", manifest_type}}, manifest, {}, {}};
    if (request.path == "/v2/app/blobs/" + digest_text(config)) return {200, {}, config, {}, {}};
    if (request.path.starts_with("/v2/app/blobs/")) return ranged(request, layer);
    return {404, {}, R"({"errors":[{"code":"NAME_UNKNOWN"}]})", {}, {}};
  }
  static DoubleResponse ranged(const DoubleRequest& request, const std::string& body) {
    const std::string range = request.header("range");
    if (range.empty()) return {200, {}, body, {}, {}};
    const auto from = static_cast<std::size_t>(std::stoul(range.substr(6)));
    return {206,
            {{"Content-Range", "bytes " + std::to_string(from) + "-" + std::to_string(body.size() - 1) + "/" +
                                   std::to_string(body.size())}},
            body.substr(from),
            {},
            {}};
  }
};

struct Pulled {
  ImageFixture fixture;
  std::vector<DoubleRequest> requests;
  std::string host;
  base::Result<runtime::image::PulledImage> result = base::fail(base::ErrorClass::Internal, "not pulled");

  explicit Pulled(const Served& served, const std::string& name = "app:1",
                  const runtime::registry::RegistryOptions& options = quick_options()) {
    HttpDouble registry([&](const DoubleRequest& request) { return served.answer(request); });
    host = registry.host();
    result = runtime::image::pull_image(*fixture.images, host + "/" + name, "", options, {}, {});
    requests = registry.requests();
  }
  std::string message() const { return result ? std::string() : result.error().message; }
  bool left_nothing() const {
    return fixture.layer_folders().empty() && fixture.images->list().value().empty();
  }
  int count(const std::string& path_part) const {
    return static_cast<int>(std::count_if(
        requests.begin(), requests.end(),
        [&](const DoubleRequest& request) { return request.path.find(path_part) != std::string::npos; }));
  }
};

}  // namespace test
