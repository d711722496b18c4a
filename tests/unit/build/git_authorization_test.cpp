// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/git_authorization.h"

#include <catch2/catch.hpp>

using namespace runtime::build;

namespace {

/// The header, else "hint: ...", else nothing.
std::string given(const model::BuildSpec& spec, const std::string& repository) {
  GitAddress address{.repository = repository};
  REQUIRE(authorize(address, spec));
  if (!address.authorization.empty()) return address.authorization;
  return address.hint.empty() ? "" : "hint: " + address.hint;
}

model::BuildSecret secret(const std::string& id, const std::string& content) {
  return {.id = id, .file = {}, .content = content};
}

constexpr const char* kToken = "basic eC1hY2Nlc3MtdG9rZW46dG9r";

}  // namespace

TEST_CASE("a secret without a host opens repositories of the main context's server alone") {
  model::BuildSpec spec;
  CHECK(given(spec, "https://h/r.git").empty());
  spec.secrets = {secret("GIT_AUTH_TOKEN", "tok\n")};
  spec.context = "https://u@H:443/main.git#v1:sub";
  CHECK(given(spec, "https://h/other.git") == kToken);
  const std::string hint =
      "hint: the secret GIT_AUTH_TOKEN is for the context's host alone: call it GIT_AUTH_TOKEN.";
  for (const std::string server : {"evil.example", "h:8443", "h.", "sub.h"}) {
    INFO(server);
    CHECK(given(spec, "https://" + server + "/r.git") == hint + server + " for this one");
  }
  CHECK(given(spec, "https://h@evil.example/r.git") == hint + "evil.example for this one");
  CHECK(given(spec, "git@h:r.git").empty());
  for (const char* context : {"/folder", "https://h/context.tar", "git@h:main.git", "http://h/main.git"}) {
    INFO(context);
    spec.context = context;
    CHECK(given(spec, "https://h/r.git") == hint + "h for this one");
  }
}

TEST_CASE("a secret of a host opens its repositories, and no others") {
  model::BuildSpec spec;
  spec.context = "https://h/main.git";
  spec.secrets = {secret("GIT_AUTH_TOKEN", "main"),
                  secret("GIT_AUTH_HEADER.Other.example:8443", " bearer x "),
                  secret("GIT_AUTH_TOKEN.other.example:8443", "tok"), secret("GIT_AUTH_TOKEN.empty", "")};
  CHECK(given(spec, "https://u@OTHER.example:8443/r.git") == "bearer x");
  CHECK(given(spec, "https://other.example/r.git").starts_with("hint: "));
  CHECK(given(spec, "https://empty/r.git").starts_with("hint: "));
  // For the context's own server the one with its name comes first.
  spec.secrets.push_back(secret("GIT_AUTH_TOKEN.h", "tok"));
  CHECK(given(spec, "https://h/r.git") == kToken);
}

TEST_CASE("no secret goes unencrypted but to loopback") {
  model::BuildSpec spec;
  spec.context = "http://h/main.git";
  spec.secrets = {secret("GIT_AUTH_TOKEN", "tok"), secret("GIT_AUTH_TOKEN.i", "tok")};
  const std::string hint = "hint: the secret GIT_AUTH_TOKEN goes over https only";
  CHECK(given(spec, "http://h/r.git") == hint);
  CHECK(given(spec, "http://i/r.git") == hint);
  CHECK(given(spec, "http://127.evil.example/r.git") == hint);
  CHECK(given(spec, "https://i/r.git") == kToken);
  spec.context = "http://127.0.0.1:80/main.git";
  CHECK(given(spec, "http://127.0.0.1/r.git") == kToken);
  CHECK(given(spec, "git://i/r.git").empty());
}
