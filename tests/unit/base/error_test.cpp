// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <catch2/catch.hpp>

TEST_CASE("an error shows its place, the line with a mark, its context and its hint") {
  const base::Source source{.name = "compose.yaml", .text = "a: 1\nports:\n  - \"70000:80\"\n"};
  const base::Span span{.source = &source, .line = 3, .column = 5, .length = 10};
  auto error = base::make_error(base::ErrorClass::Invalid, "host port 70000 is out of range (1-65535)")
                   .at(span)
                   .while_doing("loading service 'web'")
                   .with_hint("use a port from 1 to 65535");
  CHECK(base::to_text(error) ==
        "compose.yaml:3:5: error: host port 70000 is out of range (1-65535)\n"
        "    3 |   - \"70000:80\"\n"
        "      |     ^~~~~~~~~~\n"
        "  while loading service 'web'\n"
        "  hint: use a port from 1 to 65535\n");
}

TEST_CASE("a failed system call names call and errno and gets its class from it") {
  const auto error = base::make_errno_error("mount(\"overlay\", \"/x\")", 1);
  CHECK(error.message == "mount(\"overlay\", \"/x\"): Operation not permitted (EPERM)");
  CHECK(error.error_class == base::ErrorClass::Permission);
}

TEST_CASE("of a long line only what surrounds the mark is shown") {
  const base::Source source{.name = "f", .text = std::string(1000, 'a') + "BAD" + std::string(1000, 'b')};
  const auto shown = [&](std::uint32_t column, std::uint32_t length) {
    return base::to_text(base::make_error(base::ErrorClass::Invalid, "m")
                             .at({.source = &source, .line = 1, .column = column, .length = length}));
  };
  CHECK(shown(1001, 3) == "f:1:1001: error: m\n    1 | ..." + std::string(40, 'a') + "BAD" +
                              std::string(67, 'b') + "...\n      | " + std::string(43, ' ') + "^~~\n");
  CHECK(shown(1, 1) == "f:1:1: error: m\n    1 | " + std::string(110, 'a') + "...\n      | ^\n");
  CHECK(shown(2003, 1) == "f:1:2003: error: m\n    1 | ..." + std::string(110, 'b') + "\n      | " +
                              std::string(112, ' ') + "^\n");
}

TEST_CASE("what a terminal would obey is not printed") {
  const base::Source source{.name = "f\033[2J", .text = "\tFOO\033[31m\n"};
  const auto error = base::make_error(base::ErrorClass::Invalid, "odd \x7f\r'\u00e4'")
                         .at({.source = &source, .line = 1, .column = 2, .length = 3});
  CHECK(base::to_text(error).find_first_of("\033\r\x7f") == std::string::npos);
  CHECK(base::to_text(error).find("odd ?" "?'\u00e4'") != std::string::npos);
}
