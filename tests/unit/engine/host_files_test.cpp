// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/host_files.h"

#include <catch2/catch.hpp>

#include "runtime/engine/mount_resolution.h"

using namespace runtime::engine;

TEST_CASE("the hosts file has localhost, extra hosts and the container's own name") {
  model::ContainerSpec spec;
  spec.hostname = "web";
  spec.domainname = "example.test";
  spec.extra_hosts = {"db=10.0.0.5", "gw=host-gateway", "six=[::1]"};
  const auto text = make_hosts_text(spec, {{.ipv4_address = "172.18.0.2"}}, "172.18.0.1");
  REQUIRE(text);
  CHECK(text->substr(text->find("ip6-allrouters\n") + 15) ==
        "10.0.0.5\tdb\n172.18.0.1\tgw\n::1\tsix\n172.18.0.2\tweb.example.test web\n");
  spec.extra_hosts = {"broken"};
  CHECK_FALSE(make_hosts_text(spec, {}, ""));
}

TEST_CASE("resolv.conf points at the own resolver on own networks, else follows the host") {
  model::ContainerSpec spec;
  const std::string host = "# comment\nnameserver 10.0.0.53\nsearch corp.test\n";
  CHECK(make_resolv_conf_text(spec, host, true) ==
        "nameserver 127.0.0.11\nsearch corp.test\noptions ndots:0\n");
  CHECK(make_resolv_conf_text(spec, host, false) == "nameserver 10.0.0.53\nsearch corp.test\n");
  spec.dns = {"1.1.1.1"};
  spec.dns_search = {"."};
  CHECK(make_resolv_conf_text(spec, host, false) == "nameserver 1.1.1.1\n");
}

TEST_CASE("mounts: explicit ones first, image volumes where nothing covers them, parents before children") {
  model::ContainerSpec spec;
  spec.mounts = {{.type = model::MountType::Volume, .source = "", .target = "/data/sub/"},
                 {.type = model::MountType::Bind, .source = "/src", .target = "/data"}};
  model::ObservedImage image;
  image.volumes = {"/data", "/var/../cache"};
  const auto mounts = resolve_mounts(spec, image, {});
  REQUIRE(mounts);
  REQUIRE(mounts->size() == 3);
  CHECK((*mounts)[0].spec.target == "/cache");
  CHECK((*mounts)[0].anonymous);
  CHECK((*mounts)[1].spec.target == "/data");
  CHECK((*mounts)[1].spec.type == model::MountType::Bind);
  CHECK((*mounts)[2].spec.target == "/data/sub");
  CHECK((*mounts)[2].spec.source.size() == 64);
  spec.mounts.push_back({.type = model::MountType::Tmpfs, .target = "/data//"});
  CHECK(resolve_mounts(spec, image, {}).error().message == "duplicate mount target: /data");
}
