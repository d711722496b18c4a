// SPDX-License-Identifier: Apache-2.0
// How registries are reached: tokens, certificates, proxies, mirrors, patience.
#include <zstd.h>

#include <ctime>

#include <catch2/catch.hpp>

#include "runtime/registry/registry_client.h"
#include "support/registry_fixture.h"
#include "support/served_image.h"
#include "support/variable.h"

using namespace runtime::image;
using namespace test;
using runtime::registry::RegistryOptions;
namespace media_type = runtime::registry::media_type;

namespace {

/// An authorization server whose tokens are good for so many requests each.
class Tokens {
 public:
  explicit Tokens(int uses) : uses_(uses) {}

  /// Nothing when the request carries a good token; else what to answer.
  std::optional<DoubleResponse> challenge(const DoubleRequest& request) {
    const std::lock_guard lock(mutex_);
    if (request.header("authorization") == "Bearer token" + std::to_string(issued_) && left_ > 0) {
      --left_;
      return std::nullopt;
    }
    return DoubleResponse{
        401,
        {{"WWW-Authenticate", "Bearer realm=\"http://" + server_.host() + "/token\",service=\"s\""}},
        "",
        {},
        {}};
  }
  int issued() const { return issued_; }
  std::vector<DoubleRequest> requests() { return server_.requests(); }

 private:
  DoubleResponse issue() {
    const std::lock_guard lock(mutex_);
    left_ = uses_;
    return {200, {}, "{\"token\":\"token" + std::to_string(++issued_) + "\"}", {}, {}};
  }
  int uses_, left_ = 0;
  std::atomic<int> issued_{0};
  std::mutex mutex_;
  HttpDouble server_{[this](const DoubleRequest&) { return issue(); }};
};

/// A registry that takes everything, one PUT a blob.
DoubleResponse take_anything(const DoubleRequest& request) {
  if (request.method == "HEAD") return {404, {}, "", {}, {}};
  if (request.method == "POST") return {202, {{"Location", "/v2/app/blobs/uploads/1"}}, "", {}, {}};
  if (request.method == "PUT") return {201, {}, "", {}, {}};
  return {200, {}, "{}", {}, {}};
}

std::string archive(const std::string& name) {
  return docker_archive({{name, {TarBuilder().file("x", noise(100'000)).finish()}, ""}});
}

}  // namespace

TEST_CASE("a token that expires in the middle of a pull or push is fetched anew") {
  Tokens tokens(1);
  Served served;
  served.special = [&](const DoubleRequest& request) { return tokens.challenge(request); };
  const Pulled pulled(served);
  CHECK(pulled.message() == "");
  CHECK(tokens.issued() == 3);  // Manifest, configuration, layer.
  CHECK(tokens.requests()[0].path == "/token?service=s&client_id=compose&scope=repository%3Aapp%3Apull");

  Tokens short_lived(2);
  HttpDouble registry([&](const DoubleRequest& request) {
    return short_lived.challenge(request).value_or(take_anything(request));
  });
  const ImageFixture fixture;
  const std::string name = registry.host() + "/app:1";
  REQUIRE(fixture.load(archive(name)));
  CHECK(push_image(*fixture.images, name, quick_options(), {}, {}));
  CHECK(short_lived.issued() > 2);
  CHECK(short_lived.requests()[0].path ==
        "/token?service=s&client_id=compose&scope=repository%3Aapp%3Apull%2Cpush");
}

TEST_CASE("layers that come side by side share one token") {
  Tokens tokens(1000);
  std::vector<std::string> tars, blobs;
  std::string layers;
  Served served;
  for (int i = 0; i < 6; ++i) {
    tars.push_back(TarBuilder().file("f" + std::to_string(i), noise(50'000)).finish());
    blobs.push_back(gzip(tars.back()));
    layers += (i == 0 ? "" : ",") +
              std::string(R"({"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":")") +
              digest_text(blobs.back()) + R"(","size":)" + std::to_string(blobs.back().size()) + "}";
  }
  served.config = config_of({"", tars, ""});
  served.manifest = served.make_manifest(digest_text("x"), "1");
  const auto start = served.manifest.find("\"layers\":[") + 10;
  served.manifest.replace(start, served.manifest.size() - start, layers + "]}");
  served.special = [&](const DoubleRequest& request) -> std::optional<DoubleResponse> {
    if (auto challenge = tokens.challenge(request)) return challenge;
    for (const std::string& blob : blobs)
      if (request.path.ends_with(digest_text(blob))) return Served::ranged(request, blob);
    return std::nullopt;
  };
  const Pulled pulled(served);
  CHECK(pulled.message() == "");
  CHECK(tokens.issued() == 1);
}

TEST_CASE("an identity token is exchanged for a token, and never sent to the registry") {
  HttpDouble authorizer([](const DoubleRequest&) {
    return DoubleResponse{200, {}, R"({"access_token":"t","refresh_token":"other"})", {}, {}};
  });
  Served served;
  served.special = [&](const DoubleRequest& request) -> std::optional<DoubleResponse> {
    if (request.path == "/v2/" || request.header("authorization") == "Bearer t") return std::nullopt;
    return DoubleResponse{
        401,
        {{"WWW-Authenticate", "Bearer realm=\"http://" + authorizer.host() + "/\",service=s"}},
        "",
        {},
        {}};
  };
  HttpDouble registry([&](const DoubleRequest& request) { return served.answer(request); });
  const ImageFixture fixture;
  // As another program wrote it, found by $DOCKER_CONFIG.
  const TemporaryFolder folder;
  REQUIRE(sys::write_file(folder.path + "/config.json",
                          R"({"auths":{")" + registry.host() + R"(":{"identitytoken":"a+b"}}})"));
  const Variable config("DOCKER_CONFIG", folder.path);
  const Variable none("COMPOSE_REGISTRIES", folder.path + "/none");
  const RegistryOptions options = runtime::registry::load_options().value();
  REQUIRE(pull_image(*fixture.images, registry.host() + "/app:1", "", options, {}, {}));
  CHECK(authorizer.requests().front().method == "POST");
  CHECK(authorizer.requests().front().body ==
        "grant_type=refresh_token&service=s&client_id=compose&scope=repository%3Aapp%3Apull&refresh_token=a%"
        "2Bb");
  for (const DoubleRequest& request : registry.requests())
    CHECK(request.header("authorization").find("a+b") == std::string::npos);
}

TEST_CASE("a registry that asks for a client certificate gets the one installed for it") {
  RegistrySetup setup;
  setup.tls = setup.client_certificates = true;
  const test::Registry registry(setup);
  const ImageFixture fixture;
  const std::string name = registry.host() + "/app:1";
  REQUIRE(fixture.load(archive(name)));
  const TemporaryFolder certificates;
  RegistryOptions options = quick_options(1);
  options.certificate_folders = {certificates.path};
  const std::string own = certificates.path + "/" + registry.host();
  const auto install = [&](const std::string& from, const std::string& to) {
    REQUIRE(sys::make_directories(own));
    REQUIRE(sys::write_file(own + "/" + to, sys::read_file(registry.folder.path + "/" + from).value()));
  };
  const std::string hint =
      "it asks who you are: client.cert and client.key belong into /etc/docker/certs.d/" + registry.host();
  // Without encryption it only says that it wants encryption.
  const auto refused = [&] {
    const auto pushed = push_image(*fixture.images, name, options, {}, {});
    INFO(base::to_text(pushed.error()));
    CHECK(pushed.error().message.starts_with("GET https://"));
    // The server hangs up as soon as it has said so: that may get lost on the way.
    CHECK((pushed.error().hint == hint || pushed.error().error_class == base::ErrorClass::Unavailable));
  };
  refused();
  install("ca.crt", "ca.crt");
  refused();
  install("client.crt", "client.cert");
  CHECK(push_image(*fixture.images, name, options, {}, {}).error().message ==
        own + "/client.cert has no key beside it: " + own + "/client.key");
  install("client.key", "client.key");
  REQUIRE(push_image(*fixture.images, name, options, {}, {}));
  CHECK(pull_image(*fixture.images, name, "", options, {}, {}));
}

TEST_CASE("a proxy is used for hosts that are not exempt, never for loopback") {
  const Served served;
  HttpDouble proxy([&](const DoubleRequest& request) {
    const std::string registry = "http://registry.test:5000";
    if (!request.path.starts_with(registry)) return DoubleResponse{502, {}, "", {}, {}};
    DoubleRequest inner = request;
    inner.path = request.path.substr(registry.size());
    return served.answer(inner);
  });
  const Variable setting("HTTP_PROXY", "http://" + proxy.host());
  RegistryOptions options = quick_options(1);
  const ImageFixture fixture;
  const auto pull = [&](const std::string& name) {
    return pull_image(*fixture.images, name, "", options, {}, {});
  };
  // Encryption is given up only for who is named.
  CHECK_FALSE(pull("registry.test:5000/app:1"));
  CHECK(proxy.requests().empty());
  options.insecure = {"registry.test:5000"};
  const Variable secure("HTTPS_PROXY", "http://localhost:" + std::to_string(free_port()));
  CHECK(pull("registry.test:5000/app:1"));
  const std::size_t through = proxy.requests().size();
  CHECK(through >= 4);
  {
    const Variable exempt("NO_PROXY", ".test");
    const auto direct = pull("registry.test:5000/other:1");
    CHECK(direct.error().message ==
          "GET http://registry.test:5000/v2/: Could not resolve host: registry.test");
    // The name stays wrong: nobody should wait for it.
    CHECK(direct.error().error_class == base::ErrorClass::Invalid);
    CHECK(direct.error().hint.starts_with("check the connection and the name's spelling"));
  }
  HttpDouble local([&](const DoubleRequest& request) { return served.answer(request); });
  CHECK(pull(local.host() + "/app:1"));
  CHECK(proxy.requests().size() == through);
  CHECK(runtime::registry::find_proxy(base::parse_address("https://registry.test/v2/").value())
            .starts_with("http://localhost:"));
  CHECK(runtime::registry::find_proxy(base::parse_address("http://127.0.0.1:5000/").value()).empty());
}

TEST_CASE("a registry that asks for time gets it, in seconds or until a date") {
  Served served;
  std::string after;
  bool refused = false;
  served.special = [&](const DoubleRequest& request) -> std::optional<DoubleResponse> {
    if (request.path != "/v2/app/manifests/1" || std::exchange(refused, true)) return std::nullopt;
    return DoubleResponse{429, {{"Retry-After", after}}, "", {}, {}};
  };
  const auto wait_for_pull = [&] {
    refused = false;
    const auto start = std::chrono::steady_clock::now();
    CHECK(Pulled(served).message() == "");
    return std::chrono::steady_clock::now() - start;
  };
  after = "1";
  CHECK(wait_for_pull() >= std::chrono::seconds(1));
  const std::time_t soon = std::time(nullptr) + 3;
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&soon));
  after = text;
  wait_for_pull();
  CHECK(std::time(nullptr) >= soon);
}

TEST_CASE("a registry that asks for more time than anybody has is not asked again") {
  Served served;
  served.special = [&](const DoubleRequest& request) -> std::optional<DoubleResponse> {
    if (request.path != "/v2/app/manifests/1") return std::nullopt;
    return DoubleResponse{
        429, {{"Retry-After", "3600"}}, R"({"errors":[{"code":"TOOMANYREQUESTS"}]})", {}, {}};
  };
  HttpDouble registry([&](const DoubleRequest& request) { return served.answer(request); });
  const ImageFixture fixture;
  const auto pulled = pull_image(*fixture.images, registry.host() + "/app:1", "", quick_options(), {}, {});
  CHECK(pulled.error().message == registry.host() + " answers 429: toomanyrequests");
  CHECK(pulled.error().hint == "it asks to be left alone for 3600 seconds");
}

TEST_CASE("a mirror whose blobs are missing or wrong only costs time") {
  const Served served;
  Served broken = served;
  bool lie = false;
  broken.special = [&](const DoubleRequest& request) -> std::optional<DoubleResponse> {
    if (!request.path.ends_with(digest_text(served.layer))) return std::nullopt;
    if (lie) return DoubleResponse{200, {}, std::string(served.layer.size(), 'x'), {}, {}};
    return DoubleResponse{404, {}, "", {}, {}};
  };
  HttpDouble mirror([&](const DoubleRequest& request) { return broken.answer(request); });
  HttpDouble registry([&](const DoubleRequest& request) { return served.answer(request); });
  RegistryOptions options = quick_options();
  options.mirrors[registry.host()] = {mirror.host()};
  for (const bool lies : {false, true}) {
    lie = lies;
    const ImageFixture fixture;
    CHECK(pull_image(*fixture.images, registry.host() + "/app:1", "", options, {}, {}));
    CHECK(fixture.layer_folders().size() == 1);
  }
  // What the registry itself says counts when nobody has it.
  const ImageFixture fixture;
  const auto missing = pull_image(*fixture.images, registry.host() + "/none:1", "", options, {}, {});
  CHECK(missing.error().message ==
        "GET http://" + registry.host() + "/v2/none/manifests/1: the registry answers 404: name unknown");
  CHECK(missing.error().hint ==
        "is the name spelled right? A private image needs 'compose login " + registry.host() + "'");
}

TEST_CASE("manifests of other kinds are refused by name") {
  const Served honest;
  const auto message_of = [&](const std::function<void(Served&)>& change) {
    Served served = honest;
    change(served);
    const Pulled pulled(served);
    CHECK(pulled.left_nothing());
    std::string message = pulled.message();
    const auto at = message.find(pulled.host);
    return at == std::string::npos ? message : message.replace(at, pulled.host.size(), "HOST");
  };
  const auto with_layer_type = [&](const std::string& type) {
    return message_of([&](Served& served) {
      const std::string known = "application/vnd.oci.image.layer.v1.tar+gzip";
      served.manifest.replace(served.manifest.find(known), known.size(), type);
    });
  };
  for (const std::string signature : {"prettyjws", "json"}) {
    CHECK(
        message_of([&](Served& served) {
          served.manifest_type = "application/vnd.docker.distribution.manifest.v1+" + signature;
          served.manifest = R"({"schemaVersion":1,"name":"app","fsLayers":[]})";
        }) ==
        "HOST/app:1 is a manifest of Docker's schema 1, which proves nothing of what it names and is read no "
        "more");
  }
  const std::string layer = "layer " + digest_text(honest.layer);
  for (const std::string type : {"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                                 "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"}) {
    CHECK(with_layer_type(type) == layer + " may not be distributed by registries (" + type + ")");
  }
  for (const std::string type : {"application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
                                 "application/vnd.wasm.content.layer.v1+wasm"}) {
    CHECK(with_layer_type(type) == layer + " is of the unsupported type \"" + type + "\"");
  }
}

TEST_CASE("a layer compressed by zstd is unpacked, whatever its media type says") {
  for (const std::string_view type : {media_type::kOciLayerZstd, media_type::kOciLayerGzip}) {
    Served served;
    std::string blob(ZSTD_compressBound(served.layer_tar.size()), '\0');
    blob.resize(ZSTD_compress(blob.data(), blob.size(), served.layer_tar.data(), served.layer_tar.size(), 3));
    served.layer = blob;
    served.manifest = served.make_manifest(digest_text(blob), std::to_string(blob.size()));
    const std::string gzip_type(media_type::kOciLayerGzip);
    served.manifest.replace(served.manifest.find(gzip_type), gzip_type.size(), type);
    const Pulled pulled(served);
    CHECK(pulled.message() == "");
    CHECK(sys::read_file(pulled.fixture.path_in(pulled.host + "/app:1", 0, "x")).value().size() == 400'000);
  }
}

TEST_CASE("an index with attestations and variants gives this machine's image") {
  Served served;
  const auto entry = [&](const std::string& digest, std::size_t size, const std::string& platform) {
    return R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" + digest +
           R"(","size":)" + std::to_string(size) + R"(,"platform":{)" + platform + "}}";
  };
  const auto index_of = [&](const std::string& entries) {
    return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" +
           entries + "]}";
  };
  const std::string other = digest_text("other");
  const std::string attestation = entry(other, 5, R"("os":"unknown","architecture":"unknown")");
  const std::string arm = entry(other, 5, R"("os":"linux","architecture":"arm64","variant":"v8")");
  std::string index = index_of(
      attestation + "," + arm + "," +
      entry(other, 5, R"("os":"linux","architecture":"amd64","variant":"v4")") + "," +
      entry(digest_text(served.manifest), served.manifest.size(), R"("os":"linux","architecture":"amd64")"));
  served.special = [&](const DoubleRequest& request) -> std::optional<DoubleResponse> {
    if (request.path != "/v2/app/manifests/1") return std::nullopt;
    return DoubleResponse{200, {{"Content-Type", std::string(media_type::kOciIndex)}}, index, {}, {}};
  };
  const Pulled pulled(served);
  CHECK(pulled.message() == "");
  CHECK(pulled.result->digest.text() == digest_text(index));
  index = index_of(attestation + "," + arm);
  const Pulled missing(served);
  CHECK(missing.message() == "no image for linux/amd64");
  CHECK(missing.result.error().hint == "there are images for linux/arm64/v8");
}
