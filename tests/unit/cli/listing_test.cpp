// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "cli/prune_flags.h"
#include "cli/render/listing.h"
#include "cli/render/template_text.h"

using namespace std::chrono_literals;

namespace {

const cli::Listing kImages{{{"REPOSITORY", "Repository"}, {"IMAGE ID", "ID"}},
                           {R"({"ID":"1f","Repository":"redis","CreatedSince":"2 days ago"})",
                            R"({"ID":"2e","Repository":"team/tool","CreatedSince":"now"})"}};

std::string listed(std::string_view format) { return *cli::format_listing(kImages, format); }

std::string refusal(std::string_view text) {
  const auto result = cli::expand_template(text, R"({"Name":"web","Size":3})");
  REQUIRE_FALSE(result);
  return base::to_text(result.error());
}

}  // namespace

TEST_CASE("a list as a table, as objects, and by templates") {
  CHECK(listed("") == "REPOSITORY   IMAGE ID\nredis        1f\nteam/tool    2e\n");
  CHECK(listed("table") == listed(""));
  CHECK(listed("json") == kImages.rows[0] + "\n" + kImages.rows[1] + "\n");
  CHECK(listed("{{.ID}}\\t{{.Repository}}") == "1f\tredis\n2e\tteam/tool\n");
  CHECK(listed("table {{.ID}}\\t{{.CreatedSince}}") ==
        "IMAGE ID   CREATED SINCE\n1f         2 days ago\n2e         now\n");
}

TEST_CASE("a template shows fields, whole objects and lists") {
  const std::string json = R"({"Name":"web","Size":3,"Config":{"Env":["A=1","B=2"],"User":null}})";
  const auto expanded = [&](std::string_view text) { return *cli::expand_template(text, json); };
  CHECK(expanded("{{.Name}} has {{ .Size }}") == "web has 3");
  CHECK(expanded("{{json .Config.Env}}") == R"(["A=1","B=2"])");
  CHECK(expanded("{{join .Config.Env \", \"}}") == "A=1, B=2");
  CHECK(expanded("{{.Config.User}}|{{len .Config.Env}}|{{.Name | upper}}") == "|2|WEB");
  CHECK(expanded("{{json .}}") == json);
}

TEST_CASE("a template that cannot be followed says why") {
  CHECK(refusal("{{.Nmae}}") == "error: --format: no field .Nmae\n  hint: there are Name, Size\n");
  CHECK_THAT(refusal("{{range .Name}}{{end}}"), Catch::Contains("\"range\" is not supported"));
  CHECK_THAT(refusal("{{.Name"), Catch::Contains("\"{{\" without \"}}\""));
  CHECK_THAT(refusal("{{}}"), Catch::Contains("an empty action"));
}

TEST_CASE("filters of the prune commands") {
  const auto filters = cli::parse_prune_filters({"label=keep!=x", "label!=stay", "dangling=false"}, true);
  REQUIRE(filters);
  CHECK(filters->dangling == false);
  CHECK(filters->filter.takes({{"keep!", "x"}}, {}));
  CHECK_FALSE(filters->filter.takes({{"keep!", "y"}}, {}));
  CHECK_FALSE(filters->filter.takes({{"keep!", "x"}, {"stay", ""}}, {}));

  const auto aged = cli::parse_prune_filters({"until=1970-01-01T00:00:10Z"});
  REQUIRE(aged);
  CHECK(aged->filter.takes({}, model::TimePoint(9s)));
  CHECK_FALSE(aged->filter.takes({}, model::TimePoint(10s)));

  CHECK(base::to_text(cli::parse_prune_filters({"dangling=true"}).error()) ==
        "error: unknown filter \"dangling=true\"\n  hint: there are until=, label= and label!=\n");
}
