// SPDX-License-Identifier: Apache-2.0
// A registry that lies, breaks off or is slow to agree.
#include <sys/wait.h>

#include <catch2/catch.hpp>

#include "runtime/image/image_transfer.h"
#include "runtime/registry/credentials.h"
#include "runtime/registry/manifest.h"
#include "support/child_process.h"
#include "support/served_image.h"

using namespace runtime::image;
using namespace test;
using runtime::registry::RegistryOptions;
namespace media_type = runtime::registry::media_type;

TEST_CASE("the honest registry: one request for each thing") {
  const Served served;
  const Pulled pulled(served);
  CHECK(pulled.message() == "");
  CHECK(pulled.count("manifests") == 1);
  CHECK(pulled.count("blobs") == 2);
}

TEST_CASE("a manifest that names paths, lies about its kind or is too much is refused") {
  const Served honest;
  const auto message_of = [&](const std::string& manifest,
                              const std::string& type = std::string(media_type::kOciManifest)) {
    Served served = honest;
    served.manifest = manifest;
    served.manifest_type = type;
    const Pulled pulled(served);
    CHECK(pulled.left_nothing());
    CHECK(pulled.count("blobs") == 0);
    return pulled.message();
  };
  CHECK(message_of(honest.make_manifest("sha256:../../x", "1")) ==
        "invalid digest \"sha256:../../x\": expected sha256: and 64 hex digits");
  CHECK(message_of(honest.make_manifest("md5:00", "1")) ==
        "invalid digest \"md5:00\": expected sha256: and 64 hex digits");
  CHECK(message_of(honest.make_manifest(digest_text("x"), "-1")) ==
        "manifest: layers[0].size must be a number of bytes");
  CHECK(message_of(honest.manifest, std::string(media_type::kDockerManifest)) ==
        "manifest: it calls itself application/vnd.oci.image.manifest.v1+json but was sent as "
        "application/vnd.docker.distribution.manifest.v2+json");
  std::string both = honest.manifest;
  both.insert(1, R"("manifests":[],)");
  CHECK(message_of(both) == "manifest: it is both an image and an index");
  CHECK(message_of(R"({"schemaVersion":1})") == "manifest: schemaVersion must be 2");
  CHECK(message_of("not json") == "manifest: it is no JSON object");
  CHECK(message_of(std::string((4u << 20) + 1, ' ')) == "manifest: larger than 4194304 bytes");
  CHECK(message_of(honest.manifest, "text/html").find("is of the unsupported type \"text/html\"") !=
        std::string::npos);
}

TEST_CASE("a manifest asked for by digest, or announced with one, must be that") {
  Served served;
  const std::string other = digest_text("other");
  const Pulled by_digest(served, "app@" + other);
  CHECK(by_digest.message() == by_digest.host + " sent a manifest with the digest " +
                                   digest_text(served.manifest) + ", expected " + other);
  served.special = [&](const DoubleRequest& request) -> std::optional<DoubleResponse> {
    if (request.path != "/v2/app/manifests/1") return std::nullopt;
    return DoubleResponse{200,
                          {{"Content-Type", served.manifest_type}, {"Docker-Content-Digest", other}},
                          served.manifest,
                          {},
                          {}};
  };
  CHECK(Pulled(served).message().find("expected " + other) != std::string::npos);
}

TEST_CASE("blobs that are not what their descriptor says are refused") {
  const Served honest;
  const auto message_of = [&](const std::string& body, const RegistryOptions& options = quick_options(1)) {
    Served served = honest;
    served.special = [&](const DoubleRequest& request) -> std::optional<DoubleResponse> {
      if (request.path != "/v2/app/blobs/" + digest_text(honest.layer)) return std::nullopt;
      return DoubleResponse{200, {}, body, {}, {}};
    };
    const Pulled pulled(served, "app:1", options);
    CHECK(pulled.left_nothing());
    CHECK(pulled.fixture.images->content().list().value().empty());
    return pulled.message();
  };
  const std::string digest = digest_text(honest.layer), size = std::to_string(honest.layer.size());
  std::string wrong = honest.layer;
  wrong[wrong.size() / 2] = static_cast<char>(wrong[wrong.size() / 2] ^ 1);
  CHECK_FALSE(message_of(wrong).empty());
  CHECK(message_of(honest.layer + "x").find(" bytes, expected " + size) != std::string::npos);
  CHECK(message_of(honest.layer.substr(0, 1000)) == digest + " has only 1000 bytes, expected " + size);
  CHECK(message_of("") == digest + " has only 0 bytes, expected " + size);
  // Right digest, wrong tar: the configuration promised another one.
  Served swapped;
  swapped.layer = gzip(TarBuilder().file("other", "1").finish());
  swapped.manifest = swapped.make_manifest(digest_text(swapped.layer), std::to_string(swapped.layer.size()));
  const Pulled pulled(swapped);
  CHECK(pulled.message().starts_with("the layer's digest is sha256:"));
  CHECK(pulled.left_nothing());
}

TEST_CASE("the configuration must be what the manifest says, and speak of as many layers") {
  Served served;
  served.special = [&](const DoubleRequest& request) -> std::optional<DoubleResponse> {
    if (request.path != "/v2/app/blobs/" + digest_text(served.config)) return std::nullopt;
    return DoubleResponse{200, {}, std::string(served.config.size(), ' '), {}, {}};
  };
  CHECK(Pulled(served).message().starts_with("the content's digest is sha256:"));
  Served more;
  more.config = test::config_of({"", {more.layer_tar, "second"}, ""});
  more.manifest = more.make_manifest(digest_text(more.layer), std::to_string(more.layer.size()));
  CHECK(Pulled(more).message() == "the manifest has 1 layers, the configuration speaks of 2");
}

TEST_CASE("something that is no container image is called so") {
  Served served;
  const std::string config_type = "application/vnd.oci.image.config.v1+json";
  served.manifest.replace(served.manifest.find(config_type), config_type.size(),
                          "application/vnd.chart.config.v1+json");
  const Pulled pulled(served);
  CHECK(pulled.message() == pulled.host +
                                "/app:1 is no container image: its configuration is of the type "
                                "\"application/vnd.chart.config.v1+json\"");
  CHECK(pulled.count("blobs") == 0);
}

TEST_CASE("a connection that breaks is taken up where it broke") {
  Served served;
  int breaks = 0;
  served.special = [&](const DoubleRequest& request) -> std::optional<DoubleResponse> {
    if (request.path != "/v2/app/blobs/" + digest_text(served.layer) || breaks == 4) return std::nullopt;
    ++breaks;
    DoubleResponse response = Served::ranged(request, served.layer);
    response.cut = 50'000;
    return response;
  };
  const Pulled pulled(served);
  CHECK(pulled.message() == "");
  CHECK(breaks == 4);
  CHECK(pulled.requests.back().header("range") == "bytes=200000-");
  CHECK(sys::read_file(pulled.fixture.path_in(pulled.host + "/app:1", 0, "x")).value().size() == 400'000);
}

TEST_CASE("a server that ignores ranges sends everything again; one that answers another range is refused") {
  Served served;
  bool broken = false;
  std::string content_range;
  served.special = [&](const DoubleRequest& request) -> std::optional<DoubleResponse> {
    if (request.path != "/v2/app/blobs/" + digest_text(served.layer)) return std::nullopt;
    if (!std::exchange(broken, true)) return DoubleResponse{200, {}, served.layer, {}, 12'345};
    if (content_range.empty()) return DoubleResponse{200, {}, served.layer, {}, {}};
    return DoubleResponse{206, {{"Content-Range", content_range}}, served.layer.substr(1), {}, {}};
  };
  CHECK(Pulled(served).message() == "");
  broken = false;
  content_range = "bytes 1-5/6";
  CHECK(Pulled(served).message() ==
        "asked for " + digest_text(served.layer) + " from byte 12345, got \"bytes 1-5/6\"");
}

TEST_CASE("a busy registry is asked again, and not for ever") {
  Served served;
  int failures = 2;
  served.special = [&](const DoubleRequest& request) -> std::optional<DoubleResponse> {
    if (request.path != "/v2/app/manifests/1" || failures == 0) return std::nullopt;
    --failures;
    return DoubleResponse{503, {}, "try later", {}, {}};
  };
  CHECK(Pulled(served).message() == "");
  failures = 100;
  const Pulled given_up(served);
  CHECK(given_up.message() ==
        "GET http://" + given_up.host + "/v2/app/manifests/1: the registry answers 503: try later");
  CHECK(failures == 97);
}

TEST_CASE("bearer tokens are fetched for the scope and not given to other hosts") {
  Served served;
  HttpDouble elsewhere([&](const DoubleRequest&) { return DoubleResponse{200, {}, served.layer, {}, {}}; });
  std::string realm_host;
  HttpDouble tokens([&](const DoubleRequest& request) {
    if (request.header("authorization") != "Basic YWxpY2U6c2VjcmV0")
      return DoubleResponse{401, {}, "", {}, {}};
    return DoubleResponse{200, {}, R"({"token":"t0k3n"})", {}, {}};
  });
  served.special = [&](const DoubleRequest& request) -> std::optional<DoubleResponse> {
    if (request.path == "/v2/") return DoubleResponse{401, {}, "", {}, {}};
    if (request.header("authorization") != "Bearer t0k3n") {
      return DoubleResponse{
          401,
          {{"WWW-Authenticate", "Bearer realm=\"http://" + tokens.host() +
                                    "/token\",service=\"s v\",scope=\"repository:app:pull\""}},
          "",
          {},
          {}};
    }
    if (request.path != "/v2/app/blobs/" + digest_text(served.layer)) return std::nullopt;
    // "127.0.0.1" and "localhost" are different hosts to a client.
    return DoubleResponse{
        307, {{"Location", "http://127.0.0.1:" + std::to_string(elsewhere.port()) + "/data"}}, "", {}, {}};
  };
  const test::TemporaryFolder folder;
  RegistryOptions options = quick_options();
  options.docker_config = folder.path + "/config.json";
  HttpDouble registry([&](const DoubleRequest& request) { return served.answer(request); });
  REQUIRE(runtime::registry::CredentialStore(options.docker_config)
              .store(registry.host(), {"alice", "secret", ""}));
  const ImageFixture fixture;
  REQUIRE(pull_image(*fixture.images, registry.host() + "/app:1", "", options, {}, {}));
  CHECK(tokens.requests().front().path ==
        "/token?service=s%20v&client_id=compose&scope=repository%3Aapp%3Apull&account=alice");
  CHECK(tokens.requests().size() == 1);
  CHECK(elsewhere.requests().front().header("authorization").empty());
}

TEST_CASE("two processes that pull one image fetch its layer once") {
  const Served served;
  test::TemporaryFolder folder;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    children.push_back(test::in_child([&] {
      int port = 0;
      if (::read(ready[0], &port, sizeof port) != sizeof port) return false;
      auto database = sys::Database::open(folder.path + "/state.db").value();
      auto snapshots = runtime::snapshot::SnapshotStore::open(*database, folder.path).value();
      auto images = ImageStore::open(*database, *snapshots, folder.path).value();
      const auto pulled =
          pull_image(*images, "localhost:" + std::to_string(port) + "/app:1", "", quick_options(), {}, {});
      if (!pulled) std::fputs(base::to_text(pulled.error()).c_str(), stderr);
      return pulled.has_value();
    }));
  }
  HttpDouble registry([&](const DoubleRequest& request) { return served.answer(request); });
  const int port = registry.port();
  for (int i = 0; i < 2; ++i) REQUIRE(::write(ready[1], &port, sizeof port) == sizeof port);
  for (const pid_t child : children) {
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  const auto requests = registry.requests();
  CHECK(std::count_if(requests.begin(), requests.end(), [&](const DoubleRequest& request) {
          return request.path == "/v2/app/blobs/" + digest_text(served.layer);
        }) == 1);
  ::close(ready[0]);
  ::close(ready[1]);
}
