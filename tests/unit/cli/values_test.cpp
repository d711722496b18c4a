// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "cli/run_values.h"
#include "cli/time_option.h"
#include "cli/up_flags.h"

using namespace std::chrono_literals;

TEST_CASE("--publish") {
  const auto port = cli::parse_publish("127.0.0.1:8000-8010:80/udp");
  REQUIRE(port);
  CHECK(port->host_ip == "127.0.0.1");
  CHECK(port->published == "8000-8010");
  CHECK(port->target == 80);
  CHECK(port->protocol == "udp");
  CHECK(cli::parse_publish("[::1]:1:2")->host_ip == "::1");
  CHECK(cli::parse_publish("80")->published == "");
  for (const char* bad : {"", "x", "0", "65536", "80/http", "1:2:x"}) CHECK_FALSE(cli::parse_publish(bad));
}

TEST_CASE("--volume") {
  CHECK(cli::parse_volume("/only", "/here")->source == "");
  CHECK(cli::parse_volume("data:/data", "/here")->type == model::MountType::Volume);
  const auto bind = cli::parse_volume("./x:/x:ro", "/here");
  REQUIRE(bind);
  CHECK(bind->type == model::MountType::Bind);
  CHECK(bind->source == "/here/x");
  CHECK(bind->read_only);
  for (const char* bad : {"", "a:", ":b", "a:b", "a:/b:c:d"}) CHECK_FALSE(cli::parse_volume(bad, "/here"));
}

TEST_CASE("words are split as a shell does, and nothing is expanded") {
  const auto words = cli::split_words("sh -c 'echo \"$HOME\"' a\\ b \"c\\\"d\" ''");
  REQUIRE(words);
  CHECK(*words == std::vector<std::string>{"sh", "-c", "echo \"$HOME\"", "a b", "c\"d", ""});
  CHECK_FALSE(cli::split_words("'open"));
}

TEST_CASE("times: ago, since 1970, and dates") {
  const model::TimePoint now(1'000'000s);
  CHECK(*cli::parse_time("42m", now) == now - 42min);
  CHECK(*cli::parse_time("1136073600.000000001", now) == model::TimePoint(1136073600s + 1ns));
  CHECK(*cli::parse_time("2006-01-01T00:00:00Z", now) == model::TimePoint(1136073600s));
  CHECK(*cli::parse_time("2006-01-01T02:00:00.5+02:00", now) == model::TimePoint(1136073600s + 500ms));
  for (const char* bad : {"", "yesterday", "2006-01-01T00:00:00Q", "12x"})
    CHECK_FALSE(cli::parse_time(bad, now));
}

TEST_CASE("--scale") {
  CHECK(cli::parse_scale({"web=3", "db=0", "web=2"}).value() ==
        std::map<std::string, int>{{"db", 0}, {"web", 2}});
  for (const char* bad : {"web", "web=", "web=-1", "=3", "web=3x"}) CHECK_FALSE(cli::parse_scale({bad}));
}
