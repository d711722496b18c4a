// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "compose/plan/container_spec.h"
#include "model/labels.h"
#include "support/project_builder.h"

using namespace compose::plan;

namespace {

model::ContainerSpec spec_of(const model::Project& project, const std::string& service,
                             SpecRequest request = {}) {
  auto spec = make_container_spec(project, project.services.at(service), request);
  if (!spec) FAIL(base::to_text(spec.error()));
  return *std::move(spec);
}

}  // namespace

TEST_CASE("a replica's name, labels and aliases") {
  support::ProjectBuilder builder("shop");
  model::Service& web = builder.service("web");
  web.labels = {{"mine", "yes"}, {std::string(model::labels::kService), "forged"}};
  web.depends_on["db"].condition = model::DependencyCondition::Healthy;
  SpecRequest request;
  request.number = 2;
  request.image_id = "sha256:1";
  request.version = "1.2.3";
  const model::ContainerSpec spec = spec_of(builder.project(), "web", request);
  CHECK(spec.name == "shop-web-2");
  CHECK(spec.labels.at("mine") == "yes");
  CHECK(spec.labels.at("com.docker.compose.service") == "web");
  CHECK(spec.labels.at("com.docker.compose.container-number") == "2");
  CHECK(spec.labels.at("com.docker.compose.oneoff") == "False");
  CHECK(spec.labels.at("com.docker.compose.image") == "sha256:1");
  CHECK(spec.labels.at("com.docker.compose.config-hash") == "hash-of-web");
  CHECK(spec.labels.at("com.docker.compose.depends_on") == "db:service_healthy:false");
  REQUIRE(spec.endpoints.size() == 1);
  CHECK(spec.endpoints.front().network == "shop_default");
  CHECK(spec.endpoints.front().aliases == std::vector<std::string>{"shop-web-2", "web"});
}

TEST_CASE("a one-off has no number, no restarts and not the service's name") {
  support::ProjectBuilder builder("shop");
  builder.service("web").restart.mode = model::RestartMode::Always;
  SpecRequest request;
  request.slug = "0123456789abcdef";
  const model::ContainerSpec spec = spec_of(builder.project(), "web", request);
  CHECK(spec.name == "shop-web-run-0123456789ab");
  CHECK(spec.restart.mode == model::RestartMode::No);
  CHECK_FALSE(spec.labels.contains("com.docker.compose.container-number"));
  CHECK(spec.labels.at("com.docker.compose.slug") == request.slug);
  CHECK(spec.endpoints.front().aliases == std::vector<std::string>{spec.name});
}

TEST_CASE("the primary network has the highest priority, then the first name") {
  support::ProjectBuilder builder("shop");
  model::Service& web = builder.service("web");
  for (const char* key : {"a", "z"}) {
    builder.network(key);
    web.networks[key];
  }
  web.networks["z"].priority = 10;
  std::vector<std::string> names;
  for (const auto& endpoint : make_endpoints(builder.project(), web)) names.push_back(endpoint.network);
  CHECK(names == std::vector<std::string>{"shop_z", "shop_a", "shop_default"});
}

TEST_CASE("secrets and configs become files at their places") {
  support::ProjectBuilder builder("shop");
  model::Service& web = builder.service("web");
  model::Project& project = builder.project();
  project.secrets["key"].key = "key";
  project.secrets["key"].file = "/shop/key.txt";
  project.configs["conf"].key = "conf";
  project.configs["conf"].content = "a=b";
  web.secrets.emplace_back().source = "key";
  web.secrets.emplace_back().source = "key";
  web.secrets.back().target = "other";
  web.secrets.back().uid = "1000";
  web.secrets.back().gid = "1001";
  web.secrets.back().mode = 0400;
  web.configs.emplace_back().source = "conf";
  const auto files = make_files(project, web);
  REQUIRE(files);
  REQUIRE(files->size() == 3);
  CHECK(files->at(0) == model::FileSpec{"/run/secrets/key", "", "/shop/key.txt", 0, 0, 0444});
  CHECK(files->at(1) == model::FileSpec{"/run/secrets/other", "", "/shop/key.txt", 1000, 1001, 0400});
  CHECK(files->at(2) == model::FileSpec{"/conf", "a=b", "", 0, 0, 0444});
  web.secrets.back().uid = "root";
  CHECK(make_files(project, web).error().message == "uid \"root\" of \"key\" is no number");
  project.secrets["key"].external = true;
  CHECK(make_files(project, web).error().error_class == base::ErrorClass::Unsupported);
}

TEST_CASE("published ports: none, any, one, a range") {
  model::ServicePort port;
  port.target = 80;
  CHECK(make_port_binding(port)->host_port == 0);
  port.published = "0";
  CHECK(make_port_binding(port)->host_port == 0);
  port.published = "65535";
  CHECK(make_port_binding(port)->host_port == 65535);
  port.published = "8000-8010";
  CHECK(make_port_binding(port)->host_port == 8000);
  CHECK(make_port_binding(port)->host_port_end == 8010);
  for (const char* bad : {"65536", "x", "10-5", "80-", "-80"}) {
    port.published = bad;
    INFO(bad);
    CHECK_FALSE(make_port_binding(port));
  }
}

TEST_CASE("what a service shares with another is told apart from its own") {
  support::ProjectBuilder builder("shop");
  model::Service& side = builder.service("side");
  side.network_mode = "service:main";
  side.pid = "host";
  side.ipc = "service:main";
  side.volumes_from = {"main:ro", "container:outside:ro"};
  const model::ContainerSpec spec = spec_of(builder.project(), "side");
  CHECK(spec.network_mode.empty());
  CHECK(spec.endpoints.empty());
  CHECK(spec.pid_mode == "host");
  CHECK(spec.volumes_from == std::vector<std::string>{"outside:ro"});
  const auto shared = shared_services(side);
  REQUIRE(shared.size() == 3);
  CHECK(shared.at(2).part == SharedPart::Volumes);
  CHECK(shared.at(2).read_only);
}

TEST_CASE("the label of dependencies reads back") {
  std::map<std::string, model::Dependency> depends_on;
  depends_on["db"].condition = model::DependencyCondition::CompletedSuccessfully;
  depends_on["db"].restart = true;
  depends_on["cache"];
  CHECK(depends_on_text(depends_on) == "cache:service_started:false,db:service_completed_successfully:true");
  CHECK(parse_depends_on(depends_on_text(depends_on)) == depends_on);
  CHECK(parse_depends_on("").empty());
}
