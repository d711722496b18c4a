// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "compose/config.h"
#include "support/project_bundle.h"

using namespace compose;

namespace {

const char* const kProject = R"(services:
  web:
    extends: {file: base.yaml, service: app}
    image: web:${TAG:-1}${SUFFIX}
    ports: ["8000-8001:80-81"]
    environment: {LEVEL: info, HOME: }
  db.main:
    image: postgres
#### file base.yaml
services:
  app:
    hostname: base
    env_file: app.env
#### file app.env
MODE=prod
#### file compose.override.yaml
services:
  web:
    environment: {LEVEL: "${LEVEL:?}"}
#### env LEVEL=debug
#### file .env
SUFFIX=-slim
)";

std::string explain(std::string_view path) {
  const auto loaded = ProjectBundle::parse(kProject).load();
  if (!loaded) FAIL(base::to_text(loaded.error()));
  const auto text = config::explain(*loaded, path);
  return text ? *text : base::to_text(text.error());
}

}  // namespace

TEST_CASE("a value is explained by its place, its variables and what it replaced") {
  CHECK(explain("services.web.image") ==
        "services.web.image = web:1-slim\n"
        "  at compose.yaml:4:12\n"
        "    4 |     image: web:${TAG:-1}${SUFFIX}\n"
        "      |            ^~~~~~~~~~~~~~~~~~~~~~\n"
        "  written as \"web:${TAG:-1}${SUFFIX}\"\n"
        "  TAG is not set: its default is used\n"
        "  SUFFIX comes from .env:1\n");
  CHECK(explain("services.web.environment.LEVEL") ==
        "services.web.environment.LEVEL = debug\n"
        "  at compose.override.yaml:3:26\n"
        "    3 |     environment: {LEVEL: \"${LEVEL:?}\"}\n"
        "      |                          ^~~~~~~~~~~~\n"
        "  replaces the value at compose.yaml:6:26\n"
        "  written as \"${LEVEL:?}\"\n"
        "  LEVEL comes from the environment\n");
}

TEST_CASE("values of other files, of env files, of the environment and of compose itself") {
  CHECK(explain("services.web.hostname") ==
        "services.web.hostname = base\n"
        "  at base.yaml:3:15\n"
        "    3 |     hostname: base\n"
        "      |               ^~~~\n"
        "  loading base.yaml, extended at compose.yaml:3\n");
  CHECK(explain("services.web.environment.MODE") ==
        "services.web.environment.MODE = prod\n"
        "  at app.env:1:1\n"
        "    1 | MODE=prod\n"
        "      | ^~~~\n"
        "  from the file /src/work/app.env\n"
        "  loading app.env, an env_file at base.yaml:4\n"
        "  loading base.yaml, extended at compose.yaml:3\n");
  CHECK(explain("services.web.environment.HOME").find("  the value comes from the environment\n") !=
        std::string::npos);
  CHECK(explain("networks.default.name") ==
        "networks.default.name = work_default\n  set by compose: no file says it\n");
}

TEST_CASE("a path may count items and hold names with dots") {
  CHECK(explain("services.web.ports[1].target")
            .starts_with("services.web.ports[1].target = 81\n  at compose.yaml:5:13\n"));
  CHECK(
      explain("services.web.ports.1.published").starts_with("services.web.ports[1].published = \"8001\"\n"));
  CHECK(explain("services.db.main.image").starts_with("services.db.main.image = postgres\n"));
  CHECK(explain("services.web.ports").starts_with("services.web.ports:\n- mode: ingress\n"));
}

TEST_CASE("a path that is not there names the nearest one") {
  CHECK(explain("services.web.imag") ==
        "error: services.web has no \"imag\"\n  hint: did you mean \"image\"?\n");
  CHECK(explain("servces") == "error: the project has no \"servces\"\n  hint: did you mean \"services\"?\n");
  CHECK(explain("services.web.ports[7]") == "error: services.web.ports has 2 items and no \"[7]\"\n");
}

TEST_CASE("a part of a short form is explained by the whole") {
  const auto bundle = ProjectBundle::parse("services: {a: {image: i, ports: ['${P:-80}:80']}}\n");
  const auto loaded = bundle.load();
  REQUIRE(loaded);
  CHECK(*config::explain(*loaded, "services.a.ports[0].published") ==
        "services.a.ports[0].published = \"80\"\n"
        "  at compose.yaml:1:34\n"
        "    1 | services: {a: {image: i, ports: ['${P:-80}:80']}}\n"
        "      |                                  ^~~~~~~~~~~~~\n"
        "  written as \"${P:-80}:80\"\n"
        "  P is not set: its default is used\n");
}

TEST_CASE("a merged list names its files, and the project's name its origin") {
  auto bundle = ProjectBundle::parse(
      "name: My-${N}\nservices:\n  a: {image: i, dns: [1.1.1.1]}\n#### env N=1\n#### file "
      "compose.override.yaml\nservices:\n  a: {dns: [8.8.8.8]}\n");
  const auto loaded = bundle.load();
  REQUIRE(loaded);
  CHECK(*config::explain(*loaded, "services.a.dns") ==
        "services.a.dns:\n"
        "- 1.1.1.1\n"
        "- 8.8.8.8\n"
        "  at compose.yaml:3:22\n"
        "    3 |   a: {image: i, dns: [1.1.1.1]}\n"
        "      |                      ^\n"
        "  parts come from compose.yaml:3, compose.override.yaml:2\n");
  CHECK(*config::explain(*loaded, "name") ==
        "name = my-1\n"
        "  at compose.yaml:1:7\n"
        "    1 | name: My-${N}\n"
        "      |       ^~~~~~~\n"
        "  written as \"My-${N}\"\n"
        "  N comes from the environment\n");
  bundle.options.project_name = "flag";
  const auto flagged = bundle.load();
  REQUIRE(flagged);
  CHECK(*config::explain(*flagged, "name") == "name = flag\n  no file says it\n  given by -p\n");
}
