// SPDX-License-Identifier: Apache-2.0
#include "compose/plan/attributes.h"

#include <catch2/catch.hpp>

namespace {

std::vector<std::string> warnings_of(const model::Project& project) {
  base::Diagnostics diagnostics;
  compose::plan::check_attributes(project, compose::plan::EngineKind::Bundled, diagnostics);
  std::vector<std::string> messages;
  for (const base::Error& warning : diagnostics.warnings()) messages.push_back(warning.message);
  return messages;
}

}  // namespace

TEST_CASE("ports that no network carries outside are warned about") {
  model::Project project;
  project.networks["in"].spec.internal = true;
  project.networks["out"];
  model::Service& service = project.services["db"];
  service.name = "db";
  service.networks["in"];
  CHECK(warnings_of(project).empty());
  service.ports.emplace_back().target = 5432;
  CHECK(warnings_of(project) ==
        std::vector<std::string>{"services.db.ports: has no effect: all its networks are internal"});
  service.networks["out"];
  CHECK(warnings_of(project).empty());
}
