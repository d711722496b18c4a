// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "runtime/image/attestation.h"
#include "sys/sha256.h"

using namespace runtime::image;

namespace {

std::string url(const std::string& reference, const std::string& platform = "") {
  return package_url(model::ImageReference::parse(reference).value(), platform);
}

std::string fault(const std::string& json) {
  const auto statement = parse_statement(json);
  return statement ? "" : statement.error().message;
}

}  // namespace

TEST_CASE("how statements name images") {
  const std::string digest = "sha256:" + std::string(64, 'c');
  CHECK(url("alpine") == "pkg:docker/alpine@latest");
  CHECK(url("ghcr.io/foo/bar:v2") == "pkg:docker/ghcr.io/foo/bar@v2");
  CHECK(url("localhost:5000/a/b:1") == "pkg:docker/localhost:5000/a/b@1");
  CHECK(url("busybox", "linux/arm64/v8") == "pkg:docker/busybox@latest?platform=linux%2Farm64%2Fv8");
  CHECK(url("busybox@" + digest, "linux/amd64") ==
        "pkg:docker/busybox?digest=" + digest + "&platform=linux%2Famd64");
}

TEST_CASE("what a scanner writes is a statement or nothing") {
  CHECK(fault("[") == "the statement is no JSON object");
  CHECK(fault("[]") == "the statement is no JSON object");
  CHECK(fault("{}") == "it is no in-toto statement of version 0.1 or 1");
  CHECK(fault(R"({"_type":7})") == "it is no in-toto statement of version 0.1 or 1");
  CHECK(fault(R"({"_type":"https://in-toto.io/Statement/v1"})") == "the statement has no predicateType");
  CHECK(fault(R"({"_type":"https://in-toto.io/Statement/v1","predicateType":"x","subject":{}})") ==
        "the statement's subject is no list");
  CHECK(fault(std::string(100'000, '[')) == "a statement that is nested too deeply");
  CHECK(fault(std::string(kLargestStatement + 1, ' ')) == "a statement of more than 33554432 bytes");
  // Short numbers that are written in full.
  std::string grows = R"({"_type":"https://in-toto.io/Statement/v1","predicateType":"x","predicate":[0)";
  while (grows.size() < kLargestStatement / 2) grows += ",1E9";
  CHECK(fault(grows + "]}") == "a statement of more than 33554432 bytes");
  const auto statement = parse_statement(
      R"({ "predicateType": "x", "_type": "https://in-toto.io/Statement/v0.1", "subject": null })");
  REQUIRE(statement);
  CHECK(statement->predicate_type == "x");
}

TEST_CASE("statements become an index beside their image") {
  const std::string manifest = R"({"schemaVersion":2})";
  const auto digest = model::Digest::from_sha256_hex(sys::sha256_hex(manifest));
  const runtime::registry::ManifestDocument image{std::string(runtime::registry::media_type::kOciManifest),
                                                  manifest, digest};
  ImageConfig config;
  config.os = "linux";
  config.architecture = "amd64";
  const auto own = R"({"_type":"https://in-toto.io/Statement/v1","predicate":{},"predicateType":"p",)"
                   R"("subject":[{"name":"mine"}]})";
  const std::vector<Attestation> attestations = {
      {make_statement("https://in-toto.io/Statement/v1", "q", R"({"a":1})"), ""},
      {parse_statement(own).value(), ""}};
  const AttestedImage all =
      attest_image(image, config, {model::ImageReference::parse("app:1").value()}, attestations).value();
  REQUIRE(all.blobs.size() == 3);
  CHECK(all.blobs[0].content ==
        R"({"_type":"https://in-toto.io/Statement/v1","predicate":{"a":1},"predicateType":"q","subject":)"
        R"([{"digest":{"sha256":")" +
            std::string(digest.hex()) + R"("},"name":"pkg:docker/app?platform=linux%2Famd64"}]})");
  CHECK(all.blobs[1].content == own);
  CHECK(all.blobs[2].content ==
        R"({"architecture":"unknown","config":{},"os":"unknown","rootfs":{"diff_ids":[")" +
            all.blobs[0].digest.text() + R"(",")" + all.blobs[1].digest.text() + R"("],"type":"layers"}})");
  for (const auto& blob : all.blobs) CHECK(blob.digest.hex() == sys::sha256_hex(blob.content));
  const auto listed = runtime::registry::parse_manifest(all.manifest.json, all.manifest.media_type).value();
  CHECK(listed.config.digest == all.blobs[2].digest);
  REQUIRE(listed.layers.size() == 2);
  CHECK(listed.layers[0].media_type == "application/vnd.in-toto+json");
  CHECK(listed.layers[0].annotations ==
        std::map<std::string, std::string>{{"in-toto.io/predicate-type", "q"}});
  CHECK(
      all.index.json ==
      R"({"manifests":[{"digest":")" + digest.text() +
          R"(","mediaType":"application/vnd.oci.image.manifest.v1+json","platform":{"architecture":"amd64",)"
          R"("os":"linux"},"size":19},{"annotations":{"vnd.docker.reference.digest":")" +
          digest.text() + R"(","vnd.docker.reference.type":"attestation-manifest"},"digest":")" +
          all.manifest.digest.text() +
          R"(","mediaType":"application/vnd.oci.image.manifest.v1+json","platform":{"architecture":"unknown",)"
          R"("os":"unknown"},"size":)" +
          std::to_string(all.manifest.json.size()) +
          R"(}],"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2})");
  // A machine that pulls by the index gets the image.
  const auto index = runtime::registry::parse_index(all.index.json, all.index.media_type).value();
  CHECK(runtime::registry::choose_platform(index, {"linux", "amd64", "", ""}).value().digest == digest);
}
