// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/refusals.h"

#include <catch2/catch.hpp>

TEST_CASE("every attribute that a start would fail for is refused by name, all at once") {
  model::ContainerSpec spec;
  CHECK(runtime::engine::find_refusals(spec).empty());

  spec.security_opt = {"foo=bar"};
  spec.stop_signal = "SIGFOO";
  spec.devices = {{.source = "vendor.example/gpu=all", .target = ""}};
  spec.mac_address = "zz";
  spec.device_cgroup_rules = {"zz"};
  spec.endpoints = {{.network = "front", .driver_opts = {{"wrong", "1"}}}};
  spec.runtime = "other";
  spec.userns_mode = "private";
  spec.log.driver = "syslog";
  spec.platform = "linux/none";
  std::vector<std::string> attributes;
  for (const auto& refusal : runtime::engine::find_refusals(spec)) attributes.push_back(refusal.attribute);
  CHECK(attributes == std::vector<std::string>{"device_cgroup_rules", "devices", "logging", "mac_address",
                                               "networks", "platform", "runtime", "security_opt",
                                               "stop_signal", "userns_mode"});
}

TEST_CASE("a request that is right is not refused") {
  model::ContainerSpec spec;
  spec.security_opt = {"no-new-privileges"};
  spec.stop_signal = "SIGUSR1";
  spec.devices = {{.source = "/dev/null", .target = ""}};
  spec.mac_address = "02:42:ac:11:00:02";
  spec.device_cgroup_rules = {"c 1:3 mr"};
  spec.userns_mode = "host";
  spec.log.driver = "json-file";
  spec.platform = "linux";
  CHECK(runtime::engine::find_refusals(spec).empty());
}
