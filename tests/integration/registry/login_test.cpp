// SPDX-License-Identifier: Apache-2.0
// How passwords become tokens, and where credentials come from.
#include <catch2/catch.hpp>

#include "runtime/registry/registry_client.h"
#include "support/served_image.h"
#include "support/temporary_folder.h"
#include "support/variable.h"

using namespace runtime::registry;
using namespace test;

namespace {

constexpr const char* kAliceHeader = "Basic YWxpY2U6c2VjcmV0";

/// A registry that lets in who has a token of the authorization server.
struct Guarded {
  explicit Guarded(HttpDouble::Handler tokens) : authorizer(std::move(tokens)) {}

  HttpDouble authorizer;
  HttpDouble registry{[this](const DoubleRequest& request) {
    if (request.header("authorization").starts_with("Bearer t")) return DoubleResponse{200, {}, "{}", {}, {}};
    return DoubleResponse{
        401,
        {{"WWW-Authenticate", "Bearer realm=\"http://" + authorizer.host() + "/token\",service=\"s\""}},
        "",
        {},
        {}};
  }};
};

DoubleResponse json(const std::string& text) { return {200, {}, text, {}, {}}; }

}  // namespace

TEST_CASE("a login keeps what stands for the password when the server gives that") {
  const TemporaryFolder folder;
  RegistryOptions options = quick_options(1);
  options.docker_config = folder.path + "/config.json";
  Guarded guarded([](const DoubleRequest&) { return json(R"({"token":"t","refresh_token":"r"})"); });
  REQUIRE(login(guarded.registry.host(), {"alice", "secret", ""}, options, {}));
  CHECK(guarded.authorizer.requests()[0].path ==
        "/token?service=s&client_id=compose&offline_token=true&account=alice");
  CHECK(guarded.authorizer.requests()[0].header("authorization") == kAliceHeader);
  CHECK(credential_store(options).find(guarded.registry.host()).value() == Credentials{"", "", "r"});
  CHECK(sys::read_file(options.docker_config).value().find("secret") == std::string::npos);

  Guarded without([](const DoubleRequest&) { return json(R"({"token":"t"})"); });
  REQUIRE(login(without.registry.host(), {"alice", "secret", ""}, options, {}));
  CHECK(credential_store(options).find(without.registry.host()).value() ==
        Credentials{"alice", "secret", ""});
}

TEST_CASE("an authorization server that only knows OAuth2 gets the password in a form") {
  const TemporaryFolder folder;
  RegistryOptions options = quick_options(1);
  options.docker_config = folder.path + "/config.json";
  Guarded guarded([](const DoubleRequest& request) {
    return request.method == "POST" ? json(R"({"access_token":"t"})") : DoubleResponse{405, {}, "", {}, {}};
  });
  REQUIRE(login(guarded.registry.host(), {"alice", "se&cret", ""}, options, {}));
  const DoubleRequest asked = guarded.authorizer.requests().back();
  CHECK(asked.path == "/token");
  CHECK(asked.header("authorization") == "");
  CHECK(asked.body ==
        "grant_type=password&service=s&client_id=compose&scope=&username=alice&password=se%26cret&"
        "access_type=offline");
}

TEST_CASE("a refresh token that the server replaces is replaced") {
  int count = 0;
  Guarded guarded([&](const DoubleRequest&) {
    return json(R"({"token":"t","refresh_token":"r)" + std::to_string(++count) + "\"}");
  });
  const auto client =
      RegistryClient::connect(guarded.registry.host(), quick_options(1), Credentials{"", "", "r0"}, {})
          .value();
  REQUIRE(client->has_blob("one", model::Digest::from_sha256_hex(std::string(64, '1'))));
  REQUIRE(client->has_blob("two", model::Digest::from_sha256_hex(std::string(64, '1'))));
  CHECK(guarded.authorizer.requests()[0].body.ends_with("&refresh_token=r0"));
  CHECK(guarded.authorizer.requests()[1].body.ends_with("&refresh_token=r1"));
}

TEST_CASE("an authorization server's refusal is final, its trouble is not") {
  int status = 400;
  Guarded guarded([&](const DoubleRequest&) { return DoubleResponse{status, {}, "no", {}, {}}; });
  const auto asked = [&] {
    const std::size_t before = guarded.authorizer.requests().size();
    const auto client =
        RegistryClient::connect(guarded.registry.host(), quick_options(3), std::nullopt, {}).value();
    CHECK(client->check_access().error().message == "the authorization server " + guarded.authorizer.host() +
                                                        " answers " + std::to_string(status) + ": no");
    return guarded.authorizer.requests().size() - before;
  };
  CHECK(asked() == 1);
  status = 503;
  CHECK(asked() == 3);
}

TEST_CASE("credentials of the environment come before those of the file, and are never written") {
  const TemporaryFolder folder;
  const Variable config("DOCKER_CONFIG", folder.path);
  const Variable none("COMPOSE_REGISTRIES", folder.path + "/none");
  REQUIRE(sys::write_file(folder.path + "/config.json",
                          R"({"auths":{"one":{"auth":"YTpi"},"two":{"auth":"YTpi"}}})"));
  {
    const Variable given("DOCKER_AUTH_CONFIG", R"({"auths":{"one":{"auth":"YWxpY2U6c2VjcmV0"}}})");
    const CredentialStore store = credential_store(load_options().value());
    CHECK(store.find("one").value() == Credentials{"alice", "secret", ""});
    CHECK(store.find("two").value() == Credentials{"a", "b", ""});
    REQUIRE(store.store("two", {"c", "d", ""}));
    CHECK(sys::read_file(folder.path + "/config.json").value().find("YWxpY2U6c2VjcmV0") == std::string::npos);
  }
  const Variable broken("DOCKER_AUTH_CONFIG", "nonsense");
  CHECK(credential_store(load_options().value()).find("one").error().message ==
        "DOCKER_AUTH_CONFIG is no JSON object");
}
