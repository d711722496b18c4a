// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "cli/option_set.h"
#include "cli/render/container_text.h"
#include "cli/render/log_printer.h"
#include "cli/render/table.h"
#include "model/labels.h"

using namespace std::chrono_literals;

TEST_CASE("a table has columns as wide as their widest cell") {
  CHECK(cli::make_table({"NAME", "STATUS"}, {{"web", "up"}, {"a-long-name…", ""}}) ==
        "NAME           STATUS\nweb            up\na-long-name…\n");
  CHECK(cli::make_table({"A", "B"}, {}, 8) == "A       B\n");
}

TEST_CASE("durations are told as people tell them") {
  CHECK(cli::to_human_duration(100ms) == "Less than a second");
  CHECK(cli::to_human_duration(1s) == "1 second");
  CHECK(cli::to_human_duration(59s) == "59 seconds");
  CHECK(cli::to_human_duration(61s) == "About a minute");
  CHECK(cli::to_human_duration(10min) == "10 minutes");
  CHECK(cli::to_human_duration(60min) == "About an hour");
  CHECK(cli::to_human_duration(47h) == "47 hours");
  CHECK(cli::to_human_duration(72h) == "3 days");
}

TEST_CASE("a container's state, ports and command in a table") {
  model::ObservedContainer container;
  const model::TimePoint now(10'000s);
  CHECK(cli::status_text(container, now) == "Created");
  container.status = model::ContainerStatus::Running;
  container.started = now - 5s;
  container.health = model::Health::Starting;
  CHECK(cli::status_text(container, now) == "Up 5 seconds (health: starting)");
  container.status = model::ContainerStatus::Exited;
  container.exit_code = 3;
  container.finished = now - 2min;
  CHECK(cli::status_text(container, now) == "Exited (3) 2 minutes ago");
  container.ports = {{"", 8080, 80, "tcp"}, {"127.0.0.1", 53, 53, "udp"}};
  container.exposed = {"80/tcp", "443/tcp"};
  CHECK(cli::ports_text(container) ==
        "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, 127.0.0.1:53->53/udp, 443/tcp");
  container.command = {"sh", "-c", "echo it's"};
  CHECK(cli::command_text(container, cli::Truncate::No) == "\"sh -c 'echo it'\\''s'\"");
}

TEST_CASE("a log line's name is the replica's, or the name of its own") {
  model::ObservedContainer container;
  container.name = "shop-web-2";
  container.labels = {{std::string(model::labels::kProject), "shop"},
                      {std::string(model::labels::kService), "web"},
                      {std::string(model::labels::kContainerNumber), "2"}};
  CHECK(cli::log_name(container) == "web-2");
  container.name = "mine";
  CHECK(cli::log_name(container) == "mine");
}

TEST_CASE("options: flags, values, lists, and what ends them") {
  bool detach = false, quiet = false;
  std::vector<std::string> env;
  std::optional<base::Duration> timeout;
  const auto parse = [&](const std::vector<std::string>& arguments, cli::Positionals positionals) {
    cli::OptionSet options("compose x", "[OPTIONS]", "Does x");
    options.flag("-d,--detach", detach, "d").flag("-q,--quiet", quiet, "q").list("-e,--env", env, "e");
    options.seconds("-t,--timeout", timeout, "t");
    return options.parse(arguments, positionals);
  };
  using cli::Positionals;
  CHECK(**parse({"web", "-dq", "-t", "5", "db"}, Positionals::Anywhere) ==
        std::vector<std::string>{"web", "db"});
  CHECK((detach && quiet && timeout == base::Duration(5s)));
  CHECK(**parse({"-e", "A=1", "--env=B=2", "web"}, Positionals::Anywhere) == std::vector<std::string>{"web"});
  CHECK(env == std::vector<std::string>{"A=1", "B=2"});
  CHECK(**parse({"-d", "web", "ls", "-l", "--all"}, Positionals::EndOfOptions) ==
        std::vector<std::string>{"web", "ls", "-l", "--all"});
  const auto unknown = parse({"--detahc"}, Positionals::Anywhere);
  REQUIRE_FALSE(unknown);
  CHECK(base::to_text(unknown.error()) == "error: unknown flag: --detahc\n  hint: did you mean --detach?\n");
  CHECK_FALSE(parse({"-t", "soon"}, Positionals::Anywhere));
}

TEST_CASE("options: how many arguments a command takes") {
  const auto fault = [](cli::ArgumentCount count, const std::vector<std::string>& arguments) {
    cli::OptionSet options("compose x", "[OPTIONS]", "Does x");
    options.takes(count, "x needs a name");
    const auto parsed = options.parse(arguments);
    return parsed ? std::string() : parsed.error().message;
  };
  CHECK(fault({}, {}) == "");
  CHECK(fault({}, {"a"}) == "unexpected argument \"a\"");
  CHECK(fault({1, 2}, {}) == "x needs a name");
  CHECK(fault({1, 2}, {"a", "b"}) == "");
  CHECK(fault({1, 2}, {"a", "b", "c"}) == "unexpected argument \"c\"");
  CHECK(fault({1, cli::kAnyNumber}, {"a", "b", "c"}) == "");
}
