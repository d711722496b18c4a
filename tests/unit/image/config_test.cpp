// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "runtime/image/image_config.h"
#include "runtime/image/timestamp.h"

using namespace runtime::image;

namespace {

const std::string kDiffId = "sha256:" + std::string(64, 'a');

std::string with_rootfs(const std::string& members) {
  return "{" + members + (members.empty() ? "" : ",") + R"("rootfs":{"type":"layers","diff_ids":[")" +
         kDiffId + "\"]}}";
}

std::string error_of(const std::string& json) { return parse_image_config(json).error().message; }

}  // namespace

TEST_CASE("a configuration is read, and written in canonical form") {
  const std::string json = with_rootfs(
      R"("architecture":"amd64","author":"a","config":{"Cmd":["sh"],"Entrypoint":["/e"],"Env":["A=1"],)"
      R"("ExposedPorts":{"80/tcp":{},"53/udp":{}},"Healthcheck":{"Interval":5000000000,"Retries":3,)"
      R"("Test":["CMD","x"]},"Labels":{"k":"v"},"StopSignal":"SIGINT","User":"1:2","Volumes":{"/v":{}},)"
      R"("WorkingDir":"/w"},"created":"2024-01-02T03:04:05.5Z","history":[{"created_by":"RUN x"},)"
      R"({"created_by":"CMD","empty_layer":true}],"os":"linux")");
  const auto parsed = parse_image_config(json).value();
  CHECK(parsed.config.platform() == "linux/amd64");
  CHECK(parsed.config.exposed_ports == std::vector<std::string>{"53/udp", "80/tcp"});
  CHECK(parsed.config.health_check->interval == std::chrono::seconds(5));
  CHECK(parsed.config.health_check->retries == 3);
  CHECK(parsed.config.history.size() == 2);
  CHECK(parsed.diff_ids.front().text() == kDiffId);
  const std::string encoded = encode_image_config(parsed.config, parsed.diff_ids);
  CHECK(encoded ==
        R"({"architecture":"amd64","author":"a","config":{"Cmd":["sh"],"Entrypoint":["/e"],"Env":["A=1"],)"
        R"("ExposedPorts":{"53/udp":{},"80/tcp":{}},"Healthcheck":{"Interval":5000000000,"Retries":3,)"
        R"("Test":["CMD","x"]},"Labels":{"k":"v"},"StopSignal":"SIGINT","User":"1:2","Volumes":{"/v":{}},)"
        R"("WorkingDir":"/w"},"created":"2024-01-02T03:04:05.5Z","history":[{"created_by":"RUN x"},)"
        R"({"created_by":"CMD","empty_layer":true}],"os":"linux","rootfs":{"diff_ids":[")" +
            kDiffId + R"("],"type":"layers"}})");
  CHECK(parse_image_config(encoded).value().config == parsed.config);
}

TEST_CASE("a hostile configuration is refused with the place") {
  CHECK(error_of("[]") == "image configuration: it is no JSON object");
  CHECK(error_of("{") == "image configuration: it is no JSON object");
  CHECK(error_of("{}") == "image configuration: rootfs is missing");
  CHECK(error_of(R"({"rootfs":{"type":"x"}})") == "image configuration: rootfs.type must be \"layers\"");
  CHECK(error_of(R"({"rootfs":{"type":"layers","diff_ids":["sha256:../../x"]}})") ==
        "invalid digest \"sha256:../../x\": expected sha256: and 64 hex digits");
  CHECK(error_of(with_rootfs(R"("config":{"Env":"A=1"})")) ==
        "image configuration: config.Env must be a list of strings");
  CHECK(error_of(with_rootfs(R"("config":{"User":0})")) ==
        "image configuration: config.User must be a string");
  CHECK(error_of(with_rootfs(R"("config":{"Healthcheck":{"Retries":-1}})")) ==
        "image configuration: config.Healthcheck.Retries must be a number up to 1000000");
  CHECK(error_of(std::string(kLargestConfig + 1, ' ')) == "image configuration: larger than 8388608 bytes");
  CHECK(error_of(std::string(200'000, '[')) == "image configuration: it is no JSON object");
}

TEST_CASE("the number of layers is limited") {
  const auto config_of = [](std::size_t count) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i) list += (i == 0 ? "\"" : ",\"") + kDiffId + "\"";
    return R"({"rootfs":{"type":"layers","diff_ids":[)" + list + "]}}";
  };
  CHECK(parse_image_config(config_of(kMostLayers)));
  CHECK(error_of(config_of(kMostLayers + 1)) == "image configuration: more than 500 layers");
}

TEST_CASE("timestamps") {
  const auto text_of = [](std::string_view text) { return to_timestamp(parse_timestamp(text).value()); };
  CHECK(text_of("2024-02-29T12:00:00Z") == "2024-02-29T12:00:00Z");
  CHECK(text_of("2024-02-29T12:00:00.123456789+02:30") == "2024-02-29T09:30:00.123456789Z");
  CHECK(text_of("1970-01-01T00:00:00.100Z") == "1970-01-01T00:00:00.1Z");
  CHECK_FALSE(parse_timestamp("0001-01-01T00:00:00Z"));
  CHECK_FALSE(parse_timestamp("2024-13-01T00:00:00Z"));
  CHECK_FALSE(parse_timestamp("2024-02-30T00:00:00Z"));
  CHECK_FALSE(parse_timestamp("2024-02-29T12:00:00"));
  CHECK_FALSE(parse_timestamp(""));
}
