// SPDX-License-Identifier: Apache-2.0
#include "cli/render/layer_log.h"

#include <catch2/catch.hpp>

using engine_client::ImageEvent;
using Kind = engine_client::ImageEvent::Kind;

TEST_CASE("a layer gets a line when its state is another one") {
  cli::LayerLog log;
  const auto tell = [&](const char* transfer, Kind kind, const char* id, const char* text) {
    return log.text_of(transfer, {.kind = kind, .id = id, .text = text});
  };
  CHECK(tell("Image a", Kind::Layer, "123456789abc", "Waiting") == "");
  CHECK(tell("Image a", Kind::Layer, "123456789abc", "Downloading") == " 123456789abc Downloading\n");
  CHECK(tell("Image a", Kind::Layer, "123456789abc", "Downloading") == "");
  CHECK(tell("Image b", Kind::Layer, "123456789abc", "Downloading") == " 123456789abc Downloading\n");
  CHECK(tell("Image a", Kind::LayerDone, "123456789abc", "Pull complete") == " 123456789abc Pull complete\n");
  CHECK(tell("Image a", Kind::Started, "1", "RUN make") == "");
}

TEST_CASE("the layers of a transfer taken together") {
  cli::LayerSum sum;
  CHECK(sum.text() == "");
  sum.note({.kind = Kind::Layer, .id = "a", .text = "Downloading", .current = 1'500'000, .total = 4'000'000});
  sum.note({.kind = Kind::Layer, .id = "b", .text = "Waiting", .current = 0, .total = 6'000'000});
  CHECK(sum.text() == "0/2 layers  1.5MB / 10MB");
  sum.note({.kind = Kind::LayerDone, .id = "b", .text = "Already exists", .current = 0, .total = 6'000'000});
  CHECK(sum.text() == "1/2 layers  7.5MB / 10MB");
  sum.note({.kind = Kind::Output, .id = "1", .text = "text"});
  CHECK(sum.text() == "1/2 layers  7.5MB / 10MB");
  sum.note({.kind = Kind::LayerDone, .id = "a", .text = "Pull complete", .current = 0, .total = 4'000'000});
  CHECK(sum.text() == "");
}
