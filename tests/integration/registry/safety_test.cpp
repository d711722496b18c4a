// SPDX-License-Identifier: Apache-2.0
// Where credentials and requests may go: authorization servers, redirects, uploads.
#include <catch2/catch.hpp>

#include "runtime/registry/http_transport.h"
#include "runtime/registry/registry_client.h"
#include "support/registry_fixture.h"
#include "support/served_image.h"
#include "support/variable.h"

using namespace runtime::registry;
using namespace test;

namespace {

const Credentials kAlice{"alice", "secret", ""};
constexpr const char* kAliceHeader = "Basic YWxpY2U6c2VjcmV0";

DoubleResponse ask_for_token(const std::string& realm) {
  return {401, {{"WWW-Authenticate", "Bearer realm=\"" + realm + "\",service=\"s\""}}, "", {}, {}};
}

DoubleResponse lead_to(const std::string& address, int status = 302) {
  return {status, {{"Location", address}}, "", {}, {}};
}

base::Result<> log_in(const std::string& host, const RegistryOptions& options) {
  TRY(TRY(RegistryClient::connect(host, options, kAlice, {}))->check_access());
  return {};
}

HttpTransport plain_transport() {
  return HttpTransport([](const std::string&) { return TlsSettings{.unencrypted = true}; });
}

}  // namespace

TEST_CASE("an authorization server without encryption gets credentials only when it is configured") {
  HttpDouble authorizer([](const DoubleRequest&) { return DoubleResponse{403, {}, "", {}, {}}; });
  const Variable proxy("HTTP_PROXY", "http://" + authorizer.host());
  for (const std::string realm : {"http://auth.test/token", "HTTP://auth.test/token"}) {
    HttpDouble registry([&](const DoubleRequest&) { return ask_for_token(realm); });
    RegistryOptions options = quick_options(1);
    const auto refused = log_in(registry.host(), options);
    CHECK(refused.error().message == "auth.test would be spoken to without encryption");
    CHECK(refused.error().hint == "name it in \"insecure\" of /etc/compose/registries.json to allow that");
    CHECK(authorizer.requests().empty());
  }
  HttpDouble registry([&](const DoubleRequest&) { return ask_for_token("http://auth.test/token"); });
  RegistryOptions options = quick_options(1);
  options.insecure = {"auth.test"};
  CHECK(log_in(registry.host(), options).error().message == registry.host() + " refuses access");
  REQUIRE(authorizer.requests().size() == 1);
  CHECK(authorizer.requests()[0].header("authorization") == kAliceHeader);
}

TEST_CASE("an authorization server's certificate is checked by what is known of that server") {
  RegistrySetup setup;
  setup.tls = true;
  const test::Registry authorizer(setup), stranger(setup);
  HttpDouble registry(
      [&](const DoubleRequest&) { return ask_for_token("https://" + authorizer.host() + "/token"); });
  const TemporaryFolder certificates;
  RegistryOptions options = quick_options(1);
  options.certificate_folders = {certificates.path};
  const std::string own = certificates.path + "/" + authorizer.host();
  REQUIRE(sys::make_directories(own));
  const auto trust = [&](const test::Registry& one) {
    REQUIRE(sys::write_file(own + "/ca.crt", sys::read_file(one.folder.path + "/ca.crt").value()));
  };
  trust(stranger);
  const auto refused = log_in(registry.host(), options);
  CHECK(refused.error().error_class == base::ErrorClass::Permission);
  CHECK(refused.error().message.find("SSL certificate problem") != std::string::npos);
  trust(authorizer);
  CHECK(log_in(registry.host(), options)
            .error()
            .message.starts_with("the authorization server " + authorizer.host() + " answers 404"));
}

TEST_CASE("a redirect decides anew about proxy, encryption and credentials") {
  HttpDouble storage([](const DoubleRequest&) { return DoubleResponse{200, {}, "blob", {}, {}}; });
  HttpDouble registry([](const DoubleRequest& request) {
    if (request.path == "/v2/") return DoubleResponse{200, {}, "", {}, {}};
    if (request.header("authorization").empty())
      return DoubleResponse{401, {{"WWW-Authenticate", "Basic realm=x"}}, "", {}, {}};
    return lead_to("http://storage.test/blob", 307);
  });
  const Variable proxy("HTTP_PROXY", "http://" + storage.host());
  Descriptor blob;
  blob.digest = model::Digest::from_sha256_hex(sys::sha256_hex("blob"));
  blob.size = 4;
  RegistryOptions options = quick_options(1);
  const auto read = [&] {
    return RegistryClient::connect(registry.host(), options, kAlice, {}).value()->read_blob("app", blob, 100);
  };
  CHECK(read().error().message == "storage.test would be spoken to without encryption");
  CHECK(storage.requests().empty());
  options.insecure = {"storage.test"};
  CHECK(read().value() == "blob");
  REQUIRE(storage.requests().size() == 1);
  CHECK(storage.requests()[0].path == "http://storage.test/blob");
  CHECK(storage.requests()[0].header("authorization") == "");
}

TEST_CASE("whom a redirect leads to cannot ask for the registry's credentials") {
  HttpDouble authorizer([](const DoubleRequest&) {
    return DoubleResponse{200, {}, R"({"token":"t"})", {}, {}};
  });
  HttpDouble storage(
      [&](const DoubleRequest&) { return ask_for_token("http://" + authorizer.host() + "/token"); });
  HttpDouble registry([&](const DoubleRequest& request) {
    if (request.path == "/v2/") return DoubleResponse{200, {}, "", {}, {}};
    return lead_to("http://" + storage.host() + "/elsewhere");
  });
  const auto client = RegistryClient::connect(registry.host(), quick_options(1), kAlice, {}).value();
  CHECK(client->fetch_manifest("app", "1").error().message ==
        "GET http://" + registry.host() + "/v2/app/manifests/1: the registry answers 401");
  CHECK(authorizer.requests().empty());
}

TEST_CASE("redirects: a limit, a login in the address, methods with a body") {
  HttpDouble server([&](const DoubleRequest& request) {
    if (request.path == "/loop") return lead_to("/loop");
    if (request.path == "/relative") return lead_to("here");
    if (request.path == "/absolute") return lead_to("http://" + request.header("host") + "/here");
    if (request.path == "/moved") return lead_to("/here", 308);
    if (request.path == "/other") return lead_to("http://other.test/here", 308);
    return DoubleResponse{200, {}, "here", {}, {}};
  });
  HttpTransport transport = plain_transport();
  const auto get = [&](const std::string& url) { return transport.perform({.url = url}, {}, {}); };
  const std::string address = "http://" + server.host();
  CHECK(get(address + "/loop").error().message == "GET " + address + "/loop: more than 5 redirects");
  for (const std::string path : {"/relative", "/absolute"}) {
    CHECK(get("http://alice:secret@" + server.host() + path).value().body == "here");
    CHECK(server.requests().back().path == "/here");
    CHECK(server.requests().back().header("authorization") == kAliceHeader);
  }
  HttpRequest put{
      .method = "PUT", .url = address + "/moved", .headers = {"Authorization: x"}, .body = "text"};
  CHECK(transport.perform(put, {}, {}).value().url == address + "/here");
  CHECK(server.requests().back().method == "PUT");
  CHECK(server.requests().back().body == "text");
  CHECK(server.requests().back().header("authorization") == "x");
  put.url = address + "/other";
  CHECK(transport.perform(put, {}, {}).value().status == 308);
}

TEST_CASE("an upload's relative address may name a host, and hold another one in its query") {
  std::string place;
  HttpDouble registry([&](const DoubleRequest& request) {
    if (request.method == "POST") return DoubleResponse{202, {{"Location", place}}, "", {}, {}};
    return DoubleResponse{request.method == "PUT" ? 201 : 200, {}, "", {}, {}};
  });
  const auto client = RegistryClient::connect(registry.host(), quick_options(1), std::nullopt, {}).value();
  BlobSource blob{model::Digest::from_sha256_hex(sys::sha256_hex("")), 0, [] {
                    return base::Result<BlobSource::Reader>(
                        [](char*, std::size_t) -> base::Result<std::size_t> { return 0; });
                  }};
  for (const std::string& host : {std::string(), "//" + registry.host()}) {
    place = host + "/up?state=a://b";
    CHECK(client->push_blob("app", blob));
    CHECK(registry.requests().back().path == "/up?state=a://b&digest=sha256%3A" + sys::sha256_hex(""));
  }
  place = "//good\\@evil.example/up";
  CHECK(client->push_blob("app", blob).error().message ==
        "the address 'http://***@evil.example/up' cannot be used: it has a \"\\\" before its host");
}
