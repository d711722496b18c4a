// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "base/error.h"
#include "runtime/build/provenance.h"
#include "runtime/build/repository_info.h"

using namespace runtime::build;

namespace {

Provenance sample() {
  Provenance out;
  out.option.builder_id = "https://ci/7";
  out.platform = "linux/amd64";
  out.dockerfile_name = "Dockerfile";
  out.dockerfile_text = "FROM x\n";
  out.request = {{"build-arg:A", "1"}, {"label:l", "v"}, {"target", "t"}};
  out.folders = {"context"};
  out.secrets = {{"key", true}};
  out.agents = {{"default", false}};
  out.materials = {{"pkg:docker/x@1?platform=linux%2Famd64", std::string(64, 'a'), "sha256"}};
  out.used_network = true;
  out.started = model::TimePoint(std::chrono::seconds(1));
  out.finished = model::TimePoint(std::chrono::milliseconds(2500));
  out.invocation = "0123";
  return out;
}

}  // namespace

TEST_CASE("a provenance of everything") {
  const auto statement = make_provenance(sample());
  CHECK(statement.predicate_type == "https://slsa.dev/provenance/v1");
  CHECK(
      statement.json ==
      R"({"_type":"https://in-toto.io/Statement/v1","predicate":{"buildDefinition":{"buildType":)"
      R"("https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",)"
      R"("externalParameters":{"configSource":{"path":"Dockerfile"},"request":{"args":{"build-arg:A":"1",)"
      R"("label:l":"v","target":"t"},"frontend":"dockerfile.v0","locals":[{"name":"context"}],)"
      R"("secrets":[{"id":"key","optional":true}],"ssh":[{"id":"default"}]}},)"
      R"("internalParameters":{"builderPlatform":"linux/amd64"},"resolvedDependencies":[{"digest":{"sha256":")" +
          std::string(64, 'a') +
          R"("},"uri":"pkg:docker/x@1?platform=linux%2Famd64"}]},"runDetails":{"builder":{"id":"https://ci/7"},)"
          R"("metadata":{"buildkit_completeness":{"request":true,"resolvedDependencies":false},)"
          R"("buildkit_metadata":{"source":{"infos":[{"data":"RlJPTSB4Cg==","filename":"Dockerfile",)"
          R"("language":"Dockerfile"}]}},"buildkit_reproducible":false,"finishedOn":"1970-01-01T00:00:02.5Z",)"
          R"("invocationId":"0123","startedOn":"1970-01-01T00:00:01Z"}}},)"
          R"("predicateType":"https://slsa.dev/provenance/v1"})");
}

TEST_CASE("a short provenance of version 0.2 keeps values to itself") {
  Provenance provenance = sample();
  provenance.option = {.everything = false, .first_version = true, .reproducible = true, .builder_id = {}};
  provenance.folders.clear();
  provenance.context = "https://h/r.git#v1";
  provenance.materials = {{provenance.context, std::string(40, 'b'), "sha1"}};
  provenance.used_network = false;
  provenance.started.reset();
  provenance.finished.reset();
  provenance.invocation.clear();
  const auto statement = make_provenance(provenance);
  CHECK(statement.predicate_type == "https://slsa.dev/provenance/v0.2");
  const std::string digest = R"("digest":{"sha1":")" + std::string(40, 'b') + R"("})";
  CHECK(
      statement.json ==
      R"({"_type":"https://in-toto.io/Statement/v0.1","predicate":{"buildType":)"
      R"("https://mobyproject.org/buildkit@v1","builder":{"id":""},"invocation":{"configSource":{)" +
          digest +
          R"(,"entryPoint":"Dockerfile","uri":"https://h/r.git#v1"},"environment":{"platform":"linux/amd64"},)"
          R"("parameters":{"args":{"target":"t"},"frontend":"dockerfile.v0"}},"materials":[{)" +
          digest +
          R"(,"uri":"https://h/r.git#v1"}],"metadata":{"completeness":{"environment":true,"materials":true,)"
          R"("parameters":false},"https://mobyproject.org/buildkit@v1#hermetic":true,)"
          R"("https://mobyproject.org/buildkit@v1#metadata":{},"reproducible":true}},)"
          R"("predicateType":"https://slsa.dev/provenance/v0.2"})");
}

TEST_CASE("the repository of the context's folder is named") {
  Provenance provenance = sample();
  provenance.option.everything = false;
  provenance.repository = {{"revision", "abc-dirty"}, {"source", "https://h/r.git"}};
  const std::string both = R"({"vcs":{"revision":"abc-dirty","source":"https://h/r.git"}})";
  CHECK(make_provenance(provenance).json.find(R"("buildkit_metadata":)" + both) != std::string::npos);
  provenance.option.first_version = true;
  CHECK(make_provenance(provenance).json.find(R"("https://mobyproject.org/buildkit@v1#metadata":)" + both) !=
        std::string::npos);
}

TEST_CASE("addresses of remotes lose what logs in") {
  CHECK(without_login("https://user:pass@h/r.git?token=x") == "https://h/r.git");
  CHECK(without_login("https://h/r@2.git") == "https://h/r@2.git");
  CHECK(without_login("https://token@h:8443/r.git") == "https://h:8443/r.git");
  CHECK(without_login("ssh://git@h/r.git") == "ssh://git@h/r.git");
  CHECK(without_login("ssh://git:pass@h:22/r.git") == "ssh://git@h:22/r.git");
  CHECK(without_login("git@h:r.git") == "git@h:r.git");
}
