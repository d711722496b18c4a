// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "runtime/build/cache_index.h"
#include "runtime/build/cache_option.h"

using namespace runtime::build;

namespace {

std::string error_of(std::string_view text, CacheUse use) {
  const auto option = parse_cache_option(text, use);
  REQUIRE_FALSE(option);
  return option.error().message;
}

const std::string kKey(64, 'a'), kOther(64, 'b');
const std::string kDigest = "sha256:" + std::string(64, 'c');

}  // namespace

TEST_CASE("cache_from and cache_to name a reference or attributes") {
  CHECK(parse_cache_option("user/app:cache", CacheUse::From)->place == "user/app:cache");
  const auto registry =
      parse_cache_option("type=registry,ref=localhost:5000/a:b,mode=max", CacheUse::To).value();
  CHECK(registry.kind == CacheOption::Kind::Registry);
  CHECK(registry.place == "localhost:5000/a:b");
  CHECK(registry.all_steps);
  const auto local = parse_cache_option("type=local,src=/cache", CacheUse::From).value();
  CHECK(local.kind == CacheOption::Kind::Local);
  CHECK(local.place == "/cache");
  CHECK(local.tag == "latest");
  CHECK(parse_cache_option("type=local,dest=c,tag=x", CacheUse::To)->tag == "x");
  CHECK(parse_cache_option("type=inline", CacheUse::To)->kind == CacheOption::Kind::Inline);
  CHECK(parse_cache_option("type=registry,ref=a,ignore-error=true", CacheUse::To)->ignore_error);
  CHECK(parse_cache_option("type=registry,ref=a,compression=zstd,image-manifest=true", CacheUse::To)
            ->without_effect == std::vector<std::string>{"compression", "image-manifest"});
}

TEST_CASE("caches that make no sense are errors") {
  CHECK(error_of("type=local,dest=c", CacheUse::From) == "dest=c means nothing here");
  CHECK(error_of("type=local", CacheUse::To) == "type=local needs dest=FOLDER");
  CHECK(error_of("type=registry,ref=a,mode=all", CacheUse::To) == "mode=all means nothing here");
  CHECK(error_of("type=registry,ref=a,ignore-error=x", CacheUse::To) ==
        "ignore-error is true or false, not 'x'");
  CHECK(error_of("a@" + kDigest, CacheUse::To) == "what is written gets a tag, not a digest");
  CHECK(error_of("type=inline", CacheUse::From) ==
        "an inline cache is read from its image: type=registry,ref=IMAGE");
  CHECK(error_of("type=s3,bucket=b", CacheUse::From) ==
        "caches of the type 's3' are kept by a service that cannot be spoken to");
  CHECK(error_of("type=magic", CacheUse::From) == "caches of the type 'magic' are not known");
}

TEST_CASE("a cache's index comes back as it was written") {
  CacheIndex index;
  index.diff_ids = {model::Digest::parse(kDigest).value()};
  index.steps[kKey] = {.layer = 0, .created_ns = 5};
  index.steps[kOther] = {.layer = {}, .created_ns = 6};
  index.links[kKey] = kOther;
  CHECK(encode_cache_index(index) == R"({"layers":[")" + kDigest + R"("],"links":[{"from":")" + kKey +
                                         R"(","to":")" + kOther + R"("}],"steps":[{"created":5,"key":")" +
                                         kKey + R"(","layer":0},{"created":6,"key":")" + kOther +
                                         R"("}],"version":1})");
  CHECK(parse_cache_index(encode_cache_index(index)).value() == index);
}

TEST_CASE("an index that is no index is refused") {
  const auto refused = [](const std::string& json) {
    const auto index = parse_cache_index(json);
    REQUIRE_FALSE(index);
    return index.error().message;
  };
  CHECK(refused("x") == "the cache's index: it is no JSON object");
  CHECK(refused("[]") == "the cache's index: it is no JSON object");
  CHECK(refused("{}") == "the cache's index: it has another version");
  CHECK(refused(R"({"version":2})") == "the cache's index: it has another version");
  CHECK(refused(R"({"version":1,"layers":[1]})") == "the cache's index: a layer is no digest");
  CHECK_FALSE(parse_cache_index(R"({"version":1,"layers":["sha256:../x"]})"));
  CHECK(refused(R"({"version":1,"steps":[{"key":"../x"}]})") == "the cache's index: a step has no key");
  CHECK(refused(R"({"version":1,"steps":[7]})") == "the cache's index: a step has no key");
  for (const char* layer : {"0", "-1", "\"0\"", "1e9"}) {
    CHECK(refused(R"({"version":1,"steps":[{"key":")" + kKey + R"(","layer":)" + layer + "}]}") ==
          "the cache's index: a step's layer is none of the manifest's");
  }
  CHECK(refused(R"({"version":1,"steps":[{"key":")" + kKey + R"(","created":"now"}]})") ==
        "the cache's index: created is no number");
  CHECK(refused(R"({"version":1,"links":[{"from":")" + kKey + R"("}]})") ==
        "the cache's index: a link does not lead from key to key");
  CHECK(refused(std::string(kLargestCacheIndex + 1, ' ')) == "the cache's index: more than 16777216 bytes");
}
