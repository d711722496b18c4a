// SPDX-License-Identifier: Apache-2.0
#include "cli/render/build_log.h"

#include <catch2/catch.hpp>

using engine_client::ImageEvent;

TEST_CASE("output of builds that run side by side is printed in whole lines, each with its build") {
  cli::BuildLog log;
  const auto output = [&](const char* name, const char* text) {
    return log.text_of(name, {.kind = ImageEvent::Kind::Output, .id = "2", .text = text});
  };
  CHECK(output("web", "one\ntw") == "#web.2 one\n");
  CHECK(output("db", "other") == "");
  CHECK(output("web", "o\n\n") == "#web.2 two\n#web.2 \n");
  CHECK(log.text_of(
            "db", {.kind = ImageEvent::Kind::Done, .id = "2", .elapsed = std::chrono::milliseconds(1500)}) ==
        "#db.2 other\n#db.2 DONE 1.5s\n");
  CHECK(output("", "50%\r100%\r\n") == "#2 100%\n");
  CHECK(log.text_of("", {.kind = ImageEvent::Kind::Output, .text = "whole text\n"}) == "whole text\n");
}
