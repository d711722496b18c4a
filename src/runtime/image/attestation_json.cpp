// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/split.h"
#include "runtime/image/attestation.h"
#include "sys/sha256.h"

namespace runtime::image {
namespace {

using Json = nlohmann::json;

constexpr int kDeepestStatement = 200;
constexpr std::string_view kStatementMediaType = "application/vnd.in-toto+json";
constexpr std::string_view kFirstStatement = "https://in-toto.io/Statement/v0.1";
constexpr std::string_view kSecondStatement = "https://in-toto.io/Statement/v1";

tl::unexpected<base::Error> invalid(std::string what) {
  return base::fail(base::ErrorClass::Invalid, std::move(what));
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

model::Digest digest_of(std::string_view text) {
  return model::Digest::from_sha256_hex(sys::sha256_hex(text));
}

bool is_text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string();
}

Json subjects_of(const std::vector<model::ImageReference>& references, const registry::Platform& platform,
                 const model::Digest& image) {
  // Without the tag: an image is the same under each tag of a repository, so what leads to it is as well.
  std::set<std::string> names;
  for (model::ImageReference reference : references) {
    reference.tag.clear();
    names.insert(package_url(reference, registry::to_text(platform)));
  }
  if (names.empty()) names.insert("_");
  Json out = Json::array();
  for (const std::string& name : names) {
    out.push_back({{"name", name}, {"digest", {{"sha256", std::string(image.hex())}}}});
  }
  return out;
}

/// For readers that expect every manifest to be an image's.
std::string make_config(const std::vector<AttestedImage::Blob>& layers) {
  Json ids = Json::array();
  for (const AttestedImage::Blob& layer : layers) ids.push_back(layer.digest.text());
  return dump({{"architecture", "unknown"},
               {"os", "unknown"},
               {"config", Json::object()},
               {"rootfs", {{"type", "layers"}, {"diff_ids", std::move(ids)}}}});
}

}  // namespace

base::Result<Statement> parse_statement(std::string_view text) {
  const auto too_large = [] {
    return invalid(fmt::format("a statement of more than {} bytes", kLargestStatement));
  };
  if (text.size() > kLargestStatement) return too_large();
  bool too_deep = false;
  const auto watch_depth = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kDeepestStatement;
    return !too_deep;
  };
  Json root = Json::parse(text, watch_depth, false);
  if (too_deep) return invalid("a statement that is nested too deeply");
  if (root.is_discarded() || !root.is_object()) return invalid("the statement is no JSON object");
  if (!is_text(root, "_type") || (root["_type"] != kFirstStatement && root["_type"] != kSecondStatement))
    return invalid("it is no in-toto statement of version 0.1 or 1");
  if (!is_text(root, "predicateType")) return invalid("the statement has no predicateType");
  const auto subject = root.find("subject");
  if (subject != root.end() && !subject->is_null() && !subject->is_array())
    return invalid("the statement's subject is no list");
  Statement out{.predicate_type = root["predicateType"].get<std::string>(), .json = {}};
  out.json = dump(root);
  // Numbers may have become longer.
  if (out.json.size() > kLargestStatement) return too_large();
  return out;
}

Statement make_statement(std::string_view type, std::string_view predicate_type, std::string_view predicate) {
  return {.predicate_type = std::string(predicate_type),
          .json = dump({{"_type", type},
                        {"predicateType", predicate_type},
                        {"predicate", Json::parse(predicate, nullptr, false)}})};
}

std::string package_url(const model::ImageReference& reference, std::string_view platform) {
  model::ImageReference bare = reference;
  bare.tag.clear();
  bare.digest = model::Digest::from_sha256_hex(std::string(64, '0'));
  std::string name = bare.familiar_text();
  name.resize(name.find('@'));
  std::string out = "pkg:docker/" + name;
  if (!reference.tag.empty()) out += "@" + reference.tag;
  std::vector<std::string> qualifiers;
  if (reference.digest) qualifiers.push_back("digest=" + reference.digest->text());
  if (!platform.empty())
    qualifiers.push_back("platform=" + base::join(base::split(std::string(platform), '/'), "%2F"));
  return qualifiers.empty() ? out : out + "?" + base::join(qualifiers, "&");
}

base::Result<AttestedImage> attest_image(const registry::ManifestDocument& image, const ImageConfig& config,
                                         const std::vector<model::ImageReference>& references,
                                         const std::vector<Attestation>& attestations) {
  const registry::Platform platform{config.os, config.architecture, config.variant, {}};
  AttestedImage out{.blobs = {},
                    .manifest = {std::string(registry::media_type::kOciManifest), {}, image.digest},
                    .index = {std::string(registry::media_type::kOciIndex), {}, image.digest}};
  registry::Manifest manifest;
  manifest.media_type = out.manifest.media_type;
  for (const Attestation& attestation : attestations) {
    Json json = Json::parse(attestation.statement.json, nullptr, false);
    if (!json.is_object()) return invalid("a statement that is kept of the image is damaged");
    Json& subject = json["subject"];
    if (!subject.is_array() || subject.empty()) subject = subjects_of(references, platform, image.digest);
    std::string content = dump(json);
    manifest.layers.push_back({std::string(kStatementMediaType),
                               digest_of(content),
                               std::ssize(content),
                               {},
                               {{"in-toto.io/predicate-type", attestation.statement.predicate_type}}});
    out.blobs.push_back({manifest.layers.back().digest, std::move(content)});
  }
  std::string empty_config = make_config(out.blobs);
  manifest.config = {std::string(registry::media_type::kOciConfig),
                     digest_of(empty_config),
                     std::ssize(empty_config),
                     {},
                     {}};
  out.blobs.push_back({manifest.config.digest, std::move(empty_config)});
  out.manifest.json = registry::encode_manifest(manifest);
  out.manifest.digest = digest_of(out.manifest.json);
  registry::Index index;
  index.media_type = out.index.media_type;
  index.manifests = {
      {image.media_type, image.digest, std::ssize(image.json), platform, {}},
      {manifest.media_type,
       out.manifest.digest,
       std::ssize(out.manifest.json),
       registry::Platform{"unknown", "unknown", "", ""},
       {{"vnd.docker.reference.type", "attestation-manifest"},
        {"vnd.docker.reference.digest", image.digest.text()}}},
  };
  out.index.json = registry::encode_index(index);
  out.index.digest = digest_of(out.index.json);
  return out;
}

}  // namespace runtime::image
