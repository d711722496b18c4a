// SPDX-License-Identifier: Apache-2.0
// Each parse/NAME.dockerfile is parsed; what came out, or what was wrong, is in parse/NAME.txt.
// COMPOSE_UPDATE_GOLDEN=1 writes the texts anew.
#include <cstdlib>

#include <catch2/catch.hpp>

#include "golden/build/instruction_text.h"
#include "runtime/build/dockerfile_parser.h"
#include "sys/file.h"

namespace {

std::string parse_to_text(const base::Source& source) {
  base::Diagnostics diagnostics;
  const runtime::build::Dockerfile dockerfile = runtime::build::parse_dockerfile(source, diagnostics);
  std::string out;
  for (const base::Error& warning : diagnostics.warnings()) out += base::to_text(warning, "warning");
  for (const base::Error& error : diagnostics.errors()) out += base::to_text(error);
  if (diagnostics.has_errors()) return out;
  for (const auto& instruction : dockerfile.instructions) out += build_test::to_text(instruction);
  return out;
}

}  // namespace

TEST_CASE("Dockerfiles parse to what their golden text says") {
  const std::string folder = std::string(TEST_DATA_DIR) + "/golden/build/parse";
  const auto names = sys::list_directory(folder).value();
  std::size_t cases = 0;
  for (const std::string& name : names) {
    if (!name.ends_with(".dockerfile")) continue;
    ++cases;
    const std::string stem = name.substr(0, name.size() - 11);
    INFO(name);
    const base::Source source{.name = name, .text = sys::read_file(folder + "/" + name).value()};
    const std::string text = parse_to_text(source);
    const std::string expected_path = folder + "/" + stem + ".txt";
    if (std::getenv("COMPOSE_UPDATE_GOLDEN") != nullptr) {
      REQUIRE(sys::write_file(expected_path, text, 0644));
      continue;
    }
    CHECK(text == sys::read_file(expected_path).value());
  }
  CHECK(cases >= 20);
}
