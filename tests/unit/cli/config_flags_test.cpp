// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/config_flags.h"

#include <catch2/catch.hpp>

namespace {

/// What is wrong with the flags; "" for nothing.
std::string fault_of(const std::vector<std::string>& arguments) {
  cli::ConfigFlags flags;
  cli::OptionSet options("compose config", "", "");
  declare(options, flags);
  const auto services = options.parse(arguments);
  REQUIRE(services);
  const auto checked = check(flags, **services);
  return checked ? std::string() : checked.error().message;
}

}  // namespace

TEST_CASE("flags of config that would have no effect beside another are refused") {
  CHECK(fault_of({"--images", "--hash", "*"}) == "--images and --hash do not go together");
  CHECK(fault_of({"--lint", "--explain", "x"}) == "--explain and --lint do not go together");
  CHECK(fault_of({"--resolve-image-digests", "--services"}) ==
        "--resolve-image-digests and --services do not go together");
  CHECK(fault_of({"--no-interpolate", "--hash", "*"}) == "--no-interpolate and --hash do not go together");
  CHECK(fault_of({"--no-interpolate", "--lint"}) == "--no-interpolate and --lint do not go together");
  CHECK(fault_of({"--no-interpolate", "web"}) ==
        "--no-interpolate shows the files as they are: no service can be chosen");
  CHECK(fault_of({"--lint-disable", "x"}) == "--lint-disable goes with --lint only");
  CHECK(fault_of({"-q", "-o", "x"}) == "--quiet and --output do not go together");
  CHECK(fault_of({"--format", "table"}) == "--format table goes with --variables only");
  CHECK(fault_of({"--format", "yaml", "--services"}) == "--format yaml and --services do not go together");
  CHECK(fault_of({"--format", "json", "--explain", "x"}) == "--format json and --explain do not go together");
}

TEST_CASE("flags of config that go together") {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"--format", "json", "--services"},
                                             {"--format", "yaml", "--variables"},
                                             {"--format", "table", "--variables"},
                                             {"--format", "json", "--lock-image-digests", "-o", "x"},
                                             {"--lint", "--lint-disable", "a", "-o", "x"},
                                             {"--no-interpolate", "--resolve-image-digests"},
                                             {"--quiet", "web"}}) {
    CHECK(fault_of(arguments) == "");
  }
}
