// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "runtime/registry/registry_client.h"
#include "support/served_image.h"

using namespace runtime::registry;
using namespace test;

namespace {

/// What a registry with this answer to the first request says the tags are.
base::Result<std::vector<std::string>> tags_of(const DoubleResponse& first) {
  HttpDouble registry([&](const DoubleRequest& request) {
    if (request.path == "/v2/app/tags/list") return first;
    if (request.path == "/v2/app/tags/list?last=b")
      return DoubleResponse{200, {}, R"({"tags":["c"]})", {}, {}};
    return DoubleResponse{200, {}, "{}", {}, {}};
  });
  return TRY(RegistryClient::connect(registry.host(), quick_options(1), std::nullopt, {}))->list_tags("app");
}

DoubleResponse answer(const std::string& body, const std::string& link = "") {
  if (link.empty()) return {200, {}, body, {}, {}};
  return {200, {{"Link", link}}, body, {}, {}};
}

}  // namespace

TEST_CASE("tags are listed page by page, and never from another registry") {
  using Tags = std::vector<std::string>;
  CHECK(tags_of(answer(R"({"name":"app","tags":["b","a"]})")).value() == Tags{"a", "b"});
  CHECK(tags_of(answer(R"({"tags":["b"]})", "</v2/app/tags/list?last=b>; rel=\"next\"")).value() ==
        Tags{"b", "c"});
  CHECK(tags_of(answer(R"({"tags":["b"]})", "<http://elsewhere.invalid/>; rel=\"next\"")).value() ==
        Tags{"b"});
  CHECK(tags_of(answer(R"({"tags":["b"]})", "<//elsewhere.invalid/>; rel=\"next\"")).value() == Tags{"b"});
  CHECK(tags_of(answer(R"({"tags":["b"]})", "</v2/app/tags/list?last=b>; rel=\"previous\"")).value() ==
        Tags{"b"});
  CHECK(tags_of(answer(R"({"tags":null})")).value() == Tags{});
}

TEST_CASE("what is no list of tags is refused") {
  for (const char* body :
       {"[]", "{}", R"({"tags":{}})", R"({"tags":[1]})", R"({"tags":["../x"]})", R"({"tags":["5000/x"]})"})
    CHECK(tags_of(answer(body)).error().message == "the registry's answer is no list of tags");
  CHECK(tags_of({404, {}, R"({"errors":[{"code":"NAME_UNKNOWN"}]})", {}, {}}).error().error_class ==
        base::ErrorClass::NotFound);
}
