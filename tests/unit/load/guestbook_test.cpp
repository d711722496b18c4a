// SPDX-License-Identifier: Apache-2.0
#include "load_fixture.h"

using namespace std::chrono_literals;

namespace {

const std::map<std::string, std::string> kGuestbook{
    {"/src/work/compose.yaml", R"(name: guestbook
services:
  web:
    build: ./web
    ports: ["${PORT:-8000}:80"]
    environment:
      DATABASE: db
      GREETING:
    depends_on:
      db:
        condition: service_healthy
      cache:
        condition: service_started
        restart: true
    networks: [front, back]
    secrets: [password]
  db:
    image: postgres:16
    volumes: ["data:/var/lib/postgresql/data"]
    healthcheck:
      test: pg_isready
      interval: 1m30s
      retries: 5
    networks:
      back:
        aliases: [database]
  cache:
    image: redis
    networks: [back]
    deploy:
      resources:
        limits: {cpus: "0.5", memory: 64m}
networks:
  front:
  back: {internal: true}
volumes:
  data:
secrets:
  password: {file: ./password.txt}
)"},
    {"/src/work/compose.override.yaml",
     "services:\n  web:\n    volumes: [\"./web:/app\"]\n    command: flask run --debug\n"},
    {"/src/work/.env", "PORT=9000\nGREETING=\"hello there\"\n"},
    {"/src/work/password.txt", "secret"},
};

}  // namespace

TEST_CASE("a project of several services becomes the model it describes") {
  const auto loaded = LoadFixture(kGuestbook).loaded();
  const model::Project& project = loaded.project;
  CHECK(project.name == "guestbook");
  CHECK(project.working_dir == "/src/work");
  CHECK(project.config_files ==
        std::vector<std::string>{"/src/work/compose.yaml", "/src/work/compose.override.yaml"});
  CHECK(model::dependency_order(project) == std::vector<std::string>{"cache", "db", "web"});

  const model::Service& web = project.services.at("web");
  REQUIRE(web.build);
  CHECK(web.build->spec.context == "/src/work/web");
  CHECK(web.build->spec.dockerfile == "Dockerfile");
  REQUIRE(web.ports.size() == 1);
  CHECK(web.ports[0].published == "9000");
  CHECK(web.ports[0].target == 80);
  CHECK(web.environment.at("GREETING") == "hello there");
  CHECK(web.depends_on.at("db").condition == model::DependencyCondition::Healthy);
  CHECK(web.depends_on.at("cache").restart);
  CHECK(web.command == std::vector<std::string>{"flask", "run", "--debug"});
  REQUIRE(web.mounts.size() == 1);
  CHECK(web.mounts[0].type == model::MountType::Bind);
  CHECK(web.mounts[0].source == "/src/work/web");
  CHECK(web.secrets.at(0).target == "/run/secrets/password");
  CHECK(web.span.source->name == "compose.yaml");
  CHECK(web.span.line == 3);

  const model::Service& db = project.services.at("db");
  REQUIRE(db.health_check);
  CHECK(db.health_check->test == std::vector<std::string>{"CMD-SHELL", "pg_isready"});
  CHECK(db.health_check->interval == 90s);
  CHECK(db.health_check->retries == 5);
  CHECK(db.networks.at("back").aliases == std::vector<std::string>{"database"});
  CHECK(db.mounts.at(0).source == "data");

  CHECK(project.services.at("cache").resources.memory->bytes == 64 << 20);
  CHECK(project.services.at("cache").resources.nano_cpus == 500'000'000);
  CHECK(project.networks.at("back").spec.name == "guestbook_back");
  CHECK(project.networks.at("back").spec.internal);
  CHECK(project.volumes.at("data").spec.name == "guestbook_data");
  CHECK(project.secrets.at("password").file == "/src/work/password.txt");
}

TEST_CASE("a service's hash follows what shapes its container, content of secrets included") {
  const auto hash = [](std::map<std::string, std::string> files, const char* service) {
    return LoadFixture(std::move(files)).loaded().project.services.at(service).config_hash;
  };
  auto changed = kGuestbook;
  CHECK(hash(kGuestbook, "web").size() == 64);
  changed["/src/work/password.txt"] = "other";
  CHECK(hash(changed, "web") != hash(kGuestbook, "web"));
  CHECK(hash(changed, "db") == hash(kGuestbook, "db"));
  changed = kGuestbook;
  changed["/src/work/compose.override.yaml"] = "services: {db: {profiles: [], pull_policy: always, scale: 2}}\n";
  CHECK(hash(changed, "db") == hash(kGuestbook, "db"));
}

TEST_CASE("all problems of a pass are reported, each with its place and a hint") {
  CHECK(LoadFixture("services:\n  web:\n    imgae: redis\n    ports: 80\n  db:\n    image: 7\n").error() ==
        "compose.yaml:3:5: error: services.web: unknown attribute \"imgae\"\n"
        "    3 |     imgae: redis\n"
        "      |     ^~~~~\n"
        "  hint: did you mean \"image\"?\n"
        "compose.yaml:4:12: error: services.web.ports: must be a list, not an integer\n"
        "    4 |     ports: 80\n"
        "      |            ^~\n"
        "  hint: write a list: [\"80\"]\n"
        "compose.yaml:6:12: error: services.db.image: must be a string, not an integer\n"
        "    6 |     image: 7\n"
        "      |            ^\n"
        "  hint: put it in quotes: \"7\"\n");
}
