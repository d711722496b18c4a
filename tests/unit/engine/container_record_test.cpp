// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/container_record.h"

#include <catch2/catch.hpp>

#include "runtime/engine/container_store.h"

namespace {

runtime::engine::ContainerRecord full_record() {
  runtime::engine::ContainerRecord record;
  record.id = std::string(64, 'a');
  record.image_id = "sha256:" + std::string(64, 'b');
  record.created_ns = 1'700'000'000'123'456'789;
  record.process = {"/bin/sh", "-c", "echo \"hi\""};
  record.spec.name = "x-web-1";
  record.spec.entrypoint = std::vector<std::string>{};
  record.spec.environment = {"A=1", "B"};
  record.spec.labels = {{"com.docker.compose.project", "x"}};
  record.spec.stop_grace_period = std::chrono::seconds(3);
  record.spec.health_check = model::HealthCheck{.test = {"CMD", "true"}, .retries = 0};
  record.spec.restart = {model::RestartMode::OnFailure, 3};
  record.spec.endpoints = {{.network = "x_default", .aliases = {"web"}}};
  record.spec.ports = {{.host_ip = "127.0.0.1", .host_port = 8080, .container_port = 80, .protocol = "udp"}};
  record.spec.files = {{.target = "/run/secrets/p", .mode = 0}};
  record.spec.resources.memory = base::ByteSize{1 << 20};
  record.spec.resources.ulimits = {{"nofile", {1024, -1}}};
  record.mounts = {
      {.spec = {.type = model::MountType::Bind, .source = "/a", .target = "/b", .create_host_path = false}},
      {.spec = {.type = model::MountType::Image, .source = "files:1", .target = "/c"},
       .image_id = "sha256:" + std::string(64, 'c')}};
  record.leases = {{.network = "x_default", .network_id = "n", .ipv4_address = "172.18.0.2"}};
  return record;
}

}  // namespace

TEST_CASE("a container's record survives being stored") {
  const auto record = full_record();
  const auto decoded = runtime::engine::decode_record(runtime::engine::encode_record(record));
  REQUIRE(decoded);
  CHECK(*decoded == record);
}

TEST_CASE("a damaged record is an error, not a crash") {
  CHECK_FALSE(runtime::engine::decode_record("{\"spec\": 3"));
  CHECK_FALSE(runtime::engine::decode_record("{\"created_ns\": \"x\"}"));
}

TEST_CASE("containers are found by ID, name and unique prefix, and names are unique") {
  auto database = sys::Database::open(":memory:");
  REQUIRE(database);
  auto store = runtime::engine::ContainerStore::open(**database);
  REQUIRE(store);
  const auto first = full_record();
  auto second = full_record();
  second.id = std::string(63, 'a') + "c";
  REQUIRE(store->insert(first, nullptr));
  const auto clash = store->insert(second, nullptr);
  REQUIRE_FALSE(clash);
  CHECK(clash.error().error_class == base::ErrorClass::Conflict);
  second.spec.name = "x-web-2";
  REQUIRE(store->insert(second, nullptr));
  CHECK(store->find("x-web-2")->id == second.id);
  CHECK(store->find(second.id)->spec.name == "x-web-2");
  CHECK(store->find("aaaa").error().error_class == base::ErrorClass::Conflict);
  CHECK(store->find(second.id.substr(0, 64)).has_value());
  CHECK(store->find("none").error().error_class == base::ErrorClass::NotFound);
  REQUIRE(store->rename(second.id, "y"));
  CHECK(store->find("y")->spec.name == "y");
  CHECK_FALSE(store->rename(second.id, "x-web-1"));
  REQUIRE(store->remove(first.id, nullptr));
  CHECK(store->list("x")->size() == 1);
  CHECK(store->list("z")->empty());
}

TEST_CASE("an image is used by the containers that are made from it and by those that mount it") {
  auto database = sys::Database::open(":memory:");
  REQUIRE(database);
  auto store = runtime::engine::ContainerStore::open(**database);
  REQUIRE(store);
  const auto mounting = full_record();
  const std::string mounted = mounting.mounts.back().image_id;
  auto made = full_record();
  made.id = std::string(64, 'd');
  made.spec.name = "x-files-1";
  made.image_id = mounted;
  made.mounts.clear();
  REQUIRE(store->insert(mounting, nullptr));
  REQUIRE(store->insert(made, nullptr));
  using Names = std::vector<std::string>;
  CHECK(store->users_of_image(mounting.image_id).value() == Names{"x-web-1"});
  CHECK(store->users_of_image(mounted).value() == Names{"x-files-1", "x-web-1"});
  REQUIRE(store->remove(mounting.id, nullptr));
  CHECK(store->users_of_image(mounted).value() == Names{"x-files-1"});
  REQUIRE(store->remove(made.id, nullptr));
  CHECK(store->users_of_image(mounted).value().empty());
}
