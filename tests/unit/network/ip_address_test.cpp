// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/ip_address.h"

#include <catch2/catch.hpp>

using namespace runtime::network;

TEST_CASE("addresses are read and written in their usual form") {
  CHECK(to_text(parse_ip_address("10.0.0.1").value()) == "10.0.0.1");
  CHECK(to_text(parse_ip_address("FD00:0:0:0:0:0:0:1").value()) == "fd00::1");
  for (const char* bad : {"", "10.0.0", "10.0.0.256", "10.0.0.1/8", "fe80::1%eth0", " 10.0.0.1", "::g"}) {
    INFO(bad);
    CHECK_FALSE(parse_ip_address(bad));
  }
  CHECK_FALSE(parse_ip_address(std::string_view("10.0.0.1\0", 9)));
}

TEST_CASE("arithmetic carries and ends at the last address") {
  CHECK(to_text(advanced(*parse_ip_address("10.0.0.255"), 1).value()) == "10.0.1.0");
  CHECK(to_text(advanced(*parse_ip_address("172.17.0.0"), 65536).value()) == "172.18.0.0");
  CHECK(to_text(advanced(*parse_ip_address("fd00::ffff"), 1).value()) == "fd00::1:0");
  CHECK_FALSE(advanced(*parse_ip_address("255.255.255.255"), 1));
  CHECK_FALSE(advanced(*parse_ip_address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 1));
}

TEST_CASE("subnets contain, overlap and end") {
  const Subnet subnet = parse_subnet("10.1.2.3/16").value();
  CHECK(to_text(subnet) == "10.1.0.0/16");
  CHECK(to_text(subnet.last()) == "10.1.255.255");
  CHECK(subnet.contains(*parse_ip_address("10.1.9.9")));
  CHECK_FALSE(subnet.contains(*parse_ip_address("10.2.0.0")));
  CHECK_FALSE(subnet.contains(*parse_ip_address("fd00::1")));
  CHECK(subnet.overlaps(*parse_subnet("10.0.0.0/8")));
  CHECK(parse_subnet("10.0.0.0/8")->overlaps(subnet));
  CHECK_FALSE(subnet.overlaps(*parse_subnet("10.2.0.0/16")));
  CHECK(parse_subnet("0.0.0.0/0")->overlaps(subnet));
  for (const char* bad :
       {"10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "fd00::/129", "10.0.0.0/-1", "10.0.0.0/8x", "/8"}) {
    INFO(bad);
    CHECK_FALSE(parse_subnet(bad));
  }
  CHECK(base::to_text(parse_subnet("10.0.0.0/33").error()) ==
        "error: invalid subnet \"10.0.0.0/33\"\n"
        "  hint: write it as address/prefix, for example 172.28.0.0/16\n");
}

TEST_CASE("a MAC address follows from the IP address") {
  CHECK(make_mac_address(*parse_ip_address("172.18.0.2")) == "02:42:ac:12:00:02");
  CHECK(make_mac_address(*parse_ip_address("fd00::1:2")) == "02:42:00:01:00:02");
  CHECK(parse_mac_address("02:42:ac:12:00:0F").value()[5] == 0x0f);
  CHECK(parse_mac_address("02-42-ac-12-00-02"));
  for (const char* bad :
       {"", "02:42:ac:12:00", "02:42:ac:12:00:0g", "02:42:ac:12:00:022", "0242.ac12.0002 ..."}) {
    INFO(bad);
    CHECK_FALSE(parse_mac_address(bad));
  }
}
