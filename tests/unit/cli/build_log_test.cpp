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

TEST_CASE("of a step's output nothing is shown until it fails, and of one that was stopped nothing at all") {
  cli::BuildFailures failures;
  const auto tell = [&](ImageEvent::Kind kind, const char* id, const char* text) {
    return failures.text_of("web", {.kind = kind, .id = id, .text = text});
  };
  CHECK(tell(ImageEvent::Kind::Started, "1", "RUN make") == "");
  CHECK(tell(ImageEvent::Kind::Output, "1", "one\ntw") == "");
  CHECK(tell(ImageEvent::Kind::Output, "2", "fine\n") == "");
  CHECK(tell(ImageEvent::Kind::Output, "", "warning: w\n") == "warning: w\n");
  CHECK(tell(ImageEvent::Kind::Done, "2", "") == "");
  CHECK(tell(ImageEvent::Kind::Output, "3", "stopped\n") == "");
  CHECK(tell(ImageEvent::Kind::Failed, "1", "exit code 1\nDockerfile:2\n") ==
        "#web.1 one\n#web.1 tw\n#web.1 ERROR exit code 1\nDockerfile:2\n\n");
  CHECK(tell(ImageEvent::Kind::Failed, "3", "the build was cancelled\n") == "");
  const std::string line(1000, 'x');
  for (int i = 0; i < 200; ++i) tell(ImageEvent::Kind::Output, "4", (line + "\n").c_str());
  const std::string shown = tell(ImageEvent::Kind::Failed, "4", "exit code 2\nDockerfile:3\n");
  CHECK(shown.starts_with("#web.4 xxx"));
  CHECK(shown.size() < 100'000);
}
