// SPDX-License-Identifier: Apache-2.0
#include "unit/load/load_fixture.h"

TEST_CASE("a build context is a repository, another address, or a folder of the project") {
  const std::pair<const char*, const char*> cases[] = {
      {"git@host:repo.git", "git@host:repo.git"},
      {"bob@127.0.0.1:df.git#v1:sub", "bob@127.0.0.1:df.git#v1:sub"},
      {"ssh://bob@host/repo.git", "ssh://bob@host/repo.git"},
      {"github.com/org/repo", "github.com/org/repo"},
      {"./bob@127.0.0.1:df.git", "/src/work/bob@127.0.0.1:df.git"},
      {"bob@host", "/src/work/bob@host"},
      {"a/bob@host:df", "/src/work/a/bob@host:df"},
      {"host:df", "/src/work/host:df"},
  };
  for (const auto& [given, loaded] : cases) {
    const LoadFixture fixture("services: {web: {build: {context: \"" + std::string(given) +
                              "\", additional_contexts: {more: \"" + given + "\"}}}}\n");
    const auto project = fixture.loaded().project;
    CHECK(project.services.at("web").build->spec.context == loaded);
    CHECK(project.services.at("web").build->spec.additional_contexts.at("more") == loaded);
  }
}
