// SPDX-License-Identifier: Apache-2.0
// What decoding adds to the canonical tree: each value in its place of the model.
#include "load_fixture.h"

namespace {

model::Service service_of(const std::string& attributes, const std::string& rest = "") {
  return LoadFixture("services:\n  a:\n    image: i\n" + attributes + rest).loaded().project.services.at("a");
}

}  // namespace

TEST_CASE("restart: the service's own, and deploy's on top") {
  using model::RestartMode;
  CHECK(service_of("").restart.mode == RestartMode::No);
  CHECK(service_of("    restart: no\n").restart.mode == RestartMode::No);
  CHECK(service_of("    restart: always\n").restart.mode == RestartMode::Always);
  CHECK(service_of("    restart: on-failure:3\n").restart == model::RestartPolicy{RestartMode::OnFailure, 3});
  const auto deployed = service_of(
      "    restart: always\n    deploy: {restart_policy: {condition: on-failure, max_attempts: 5}}\n");
  CHECK(deployed.restart == model::RestartPolicy{RestartMode::OnFailure, 5});
}

TEST_CASE("commands: unset, empty and given are three things") {
  CHECK(!service_of("").command);
  CHECK(!service_of("    command: null\n").command);
  CHECK(service_of("    command: []\n").command == std::vector<std::string>{});
  CHECK(service_of("    command: \"\"\n").command == std::vector<std::string>{});
  CHECK(service_of("    entrypoint: a 'b c'\n").entrypoint == std::vector<std::string>{"a", "b c"});
}

TEST_CASE("environment: values, and names to remove") {
  const auto service = service_of("    environment: {A: 1, B: , C: ''}\n");
  CHECK(service.environment.at("A") == "1");
  CHECK(service.environment.at("B") == std::nullopt);
  CHECK(service.environment.at("C") == "");
}

TEST_CASE("mounts: volumes and tmpfs, each with its options") {
  const auto service = service_of(
      "    volumes:\n"
      "      - data:/d:ro,nocopy\n"
      "      - {type: bind, source: /s, target: /t, bind: {propagation: shared, create_host_path: false}}\n"
      "      - {type: tmpfs, target: /tmpfs, tmpfs: {size: 1m, mode: 0755}}\n"
      "      - {type: image, source: img, target: /i, image: {subpath: q}}\n"
      "      - {type: npipe, source: x, target: y}\n"
      "    tmpfs: ['/run:size=64m,mode=1777']\n",
      "volumes: {data: }\n");
  REQUIRE(service.mounts.size() == 5);
  CHECK(service.mounts[0].read_only);
  CHECK(service.mounts[0].no_copy);
  CHECK(service.mounts[1].type == model::MountType::Bind);
  CHECK(!service.mounts[1].create_host_path);
  CHECK(service.mounts[1].propagation == "shared");
  CHECK(service.mounts[2].tmpfs_size->bytes == 1 << 20);
  CHECK(service.mounts[2].tmpfs_mode == 0755U);
  CHECK(service.mounts[3].type == model::MountType::Image);
  CHECK(service.mounts[3].subpath == "q");
  CHECK(service.mounts[4].target == "/run");
  CHECK(service.mounts[4].tmpfs_options == "size=64m,mode=1777");
  REQUIRE(service.set_attributes.size() == 1);
  CHECK(service.set_attributes[0].first == "volumes.npipe");
  CHECK(service.set_attributes[0].second.line == 9);
}

TEST_CASE("resources come from the service and from deploy") {
  const auto service = service_of(
      "    mem_swappiness: 0\n    memswap_limit: -1\n    cpu_shares: 5\n    cpus: 0.5\n    shm_size: 1m\n"
      "    ulimits: {nofile: {soft: 1, hard: 2}, core: 3}\n    oom_score_adj: -5\n    pids_limit: -1\n"
      "    deploy: {resources: {limits: {cpus: '0.5', memory: 64m}, reservations: {memory: 32m, devices: "
      "[{capabilities: [tpu]}]}}}\n    gpus: [{count: 2}]\n    blkio_config: {weight: 10, device_read_bps: "
      "[{path: /d, rate: 1k}]}\n");
  const model::Resources& resources = service.resources;
  CHECK(resources.memory->bytes == 64 << 20);
  CHECK(resources.memory_reservation->bytes == 32 << 20);
  CHECK(resources.memory_swap->bytes == -1);
  CHECK(resources.nano_cpus == 500'000'000);
  CHECK(resources.cpu_shares == 5);
  CHECK(resources.pids_limit == -1);
  CHECK(resources.oom_score_adj == -5);
  CHECK(resources.ulimits.at("nofile") == model::Ulimit{1, 2});
  CHECK(resources.ulimits.at("core") == model::Ulimit{3, 3});
  CHECK(resources.block_io.weight == 10);
  CHECK(resources.block_io.read_bps == std::vector<model::BlockDeviceRate>{{"/d", 1024}});
  REQUIRE(service.device_requests.size() == 2);
  CHECK(service.device_requests[0].capabilities == std::vector<std::string>{"gpu"});
  CHECK(service.device_requests[0].count == 2);
  CHECK(service.device_requests[1].count == -1);
}

TEST_CASE("scale, hooks, watch rules, provider and models") {
  const auto service = service_of(
      "    deploy: {replicas: 3}\n    post_start: [{command: a b, user: root, environment: [X=y]}]\n"
      "    develop: {watch: [{path: ./src, action: sync, target: /app, ignore: x}]}\n"
      "    provider: {type: cloud, options: {size: 5, flags: [a, b]}}\n    models: {m: {endpoint_var: "
      "URL}}\n",
      "models: {m: {model: ai/m, context_size: 10}}\n");
  CHECK(service.scale == 3);
  REQUIRE(service.post_start.size() == 1);
  CHECK(service.post_start[0].command == std::vector<std::string>{"a", "b"});
  CHECK(service.post_start[0].environment.at("X") == "y");
  REQUIRE(service.watch.size() == 1);
  CHECK(service.watch[0].path == "/src/work/src");
  CHECK(service.watch[0].ignore == std::vector<std::string>{"x"});
  REQUIRE(service.provider);
  CHECK(service.provider->options.at("flags") == std::vector<std::string>{"a", "b"});
  CHECK(service.models.at("m").endpoint_variable == "URL");
}

TEST_CASE("secrets and configs: where their content comes from") {
  LoadFixture fixture(
      "services: {a: {image: i, secrets: [{source: s, uid: '5', mode: 0400}, t], configs: [c]}}\n"
      "secrets: {s: {environment: TOKEN}, t: {environment: UNSET}}\nconfigs: {c: {content: text}}\n");
  fixture.options.environment["TOKEN"] = "value";
  const auto project = fixture.loaded().project;
  CHECK(project.secrets.at("s").content == "value");
  CHECK(!project.secrets.at("t").content);
  CHECK(project.configs.at("c").content == "text");
  const auto& references = project.services.at("a").secrets;
  CHECK(references[0].mode == 0400U);
  CHECK(references[0].uid == "5");
  CHECK(references[0].target == "/run/secrets/s");
}

TEST_CASE("an optional dependency that is not there is left out of the model") {
  const auto service = service_of("    depends_on: {b: {condition: service_started, required: false}}\n",
                                  "  b: {image: i, profiles: [x]}\n");
  CHECK(service.depends_on.empty());
}
