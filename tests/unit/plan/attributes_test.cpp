// SPDX-License-Identifier: Apache-2.0
#include "compose/plan/attributes.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "compose/load/load.h"

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

namespace {

// Everything that the loader lists in set_attributes.
constexpr const char* kEveryAttribute = R"(
services:
  x:
    image: i
    annotations: {a: b}
    blkio_config: {weight: 10}
    cap_add: [KILL]
    cap_drop: [KILL]
    cgroup: private
    cgroup_parent: p
    cpu_count: 1
    cpu_percent: 1
    cpu_rt_period: 1000
    cpu_rt_runtime: 500
    credential_spec: {file: f}
    device_cgroup_rules: ["c 1:3 mr"]
    devices: [/dev/null]
    external_links: [other]
    gpus: all
    healthcheck: {test: a}
    isolation: default
    links: [y]
    mac_address: 02:00:00:00:00:01
    mem_swappiness: 1
    networks: [default]
    models: [m]
    oom_kill_disable: true
    platform: linux
    post_start: [{command: a}]
    pre_stop: [{command: a}]
    provider: {type: p}
    pull_refresh_after: 1d
    runtime: r
    security_opt: [no-new-privileges]
    stop_signal: TERM
    sysctls: {net.a: 1}
    storage_opt: {size: 1g}
    use_api_socket: true
    userns_mode: host
    uts: host
    volumes: [{type: npipe, source: a, target: /a}, {type: cluster, source: b, target: /b}]
    volumes_from: [y]
    deploy:
      endpoint_mode: vip
      labels: {a: b}
      mode: global
      placement: {constraints: [a]}
      resources:
        limits: {cpus: "1"}
        reservations: {cpus: "1", memory: 1m, devices: [{capabilities: [gpu]}], generic_resources: []}
      restart_policy: {condition: any}
      rollback_config: {delay: 1s}
      update_config: {delay: 1s}
    logging: {driver: local, options: {max-file: "2"}}
  y: {image: i}
models: {m: {model: m}}
)";

/// Keeps the text that spans point into.
compose::load::Loaded load(const std::string& text) {
  compose::load::LoadOptions options;
  options.working_directory = "/src/work";
  auto loaded =
      compose::load::load_project(options, compose::load::MemoryFileSource({{"/src/work/compose.yaml", text}}));
  if (!loaded) FAIL(base::to_text(loaded.error()));
  return *std::move(loaded);
}

}  // namespace

TEST_CASE("what the loader leaves to the engine is refused, warned about, or done") {
  const compose::load::Loaded loaded = load(kEveryAttribute);
  const model::Project& project = loaded.project;
  base::Diagnostics diagnostics;
  compose::plan::check_attributes(project, compose::plan::EngineKind::Bundled, diagnostics);
  std::string told;
  for (const base::Error& warning : diagnostics.warnings()) told += warning.message + "\n";
  const auto refused = diagnostics.checkpoint();
  REQUIRE(!refused);
  told += refused.error().message + "\n";
  for (const base::Error& error : refused.error().also) told += error.message + "\n";

  std::vector<std::string> done;
  for (const auto& [attribute, span] : project.services.at("x").set_attributes) {
    if (told.find("services.x." + attribute + ":") == std::string::npos) done.push_back(attribute);
  }
  std::ranges::sort(done);
  CHECK(done == std::vector<std::string>{"annotations",
                                         "blkio_config",
                                         "cap_add",
                                         "cap_drop",
                                         "cgroup",
                                         "cgroup_parent",
                                         "cpu_rt_period",
                                         "cpu_rt_runtime",
                                         "deploy.resources",
                                         "deploy.resources.reservations.memory",
                                         "deploy.restart_policy",
                                         "device_cgroup_rules",
                                         "devices",
                                         "external_links",
                                         "healthcheck",
                                         "links",
                                         "logging.driver",
                                         "logging.options",
                                         "mac_address",
                                         "mem_swappiness",
                                         "networks",
                                         "oom_kill_disable",
                                         "platform",
                                         "post_start",
                                         "pre_stop",
                                         "pull_refresh_after",
                                         "runtime",
                                         "security_opt",
                                         "stop_signal",
                                         "sysctls",
                                         "userns_mode",
                                         "uts",
                                         "volumes_from"});
  for (const std::string attribute : {"volumes.cluster", "volumes.npipe", "gpus", "storage_opt"}) {
    INFO(attribute);
    CHECK(told.find("services.x." + attribute + ": not supported by this engine: ") != std::string::npos);
  }
}

TEST_CASE("start_interval without start_period is refused where it stands") {
  const compose::load::Loaded loaded =
      load("services:\n  x:\n    image: i\n    healthcheck: {test: a, start_interval: 1s}\n");
  base::Diagnostics diagnostics;
  compose::plan::check_attributes(loaded.project, compose::plan::EngineKind::Bundled, diagnostics);
  REQUIRE(diagnostics.errors().size() == 1);
  CHECK(base::to_text(diagnostics.errors().front()) ==
        "compose.yaml:4:5: error: services.x.healthcheck: start_interval needs a start_period\n"
        "    4 |     healthcheck: {test: a, start_interval: 1s}\n"
        "      |     ^~~~~~~~~~~\n"
        "  hint: say how long the start may take: start_period: 30s\n");
}
