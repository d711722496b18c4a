// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/name_record.h"

#include <catch2/catch.hpp>

using namespace runtime::network;

TEST_CASE("a record is one file name, or several when its names are many") {
  NameRecord record;
  record.container = "0123456789ab";
  record.ipv4 = parse_ip_address("172.17.0.2");
  record.ipv6 = parse_ip_address("fd00::2");
  record.names = {"web-1", "Web"};
  const auto files = encode_names(record);
  CHECK(files ==
        std::vector<std::string>{"0123456789ab,ac110002,fd000000000000000000000000000002,web-1,web"});
  record.names = {"web-1", "web"};
  CHECK(decode_names(files.front()) == record);
  record.names.assign(5, std::string(100, 'n'));
  std::size_t names = 0;
  for (const std::string& file : encode_names(record)) {
    CHECK(file.size() <= 255);
    names += decode_names(file)->names.size();
  }
  CHECK(names == 5);
}

TEST_CASE("the longest name fits, and strange files are no records") {
  NameRecord record{
      "0123456789ab", parse_ip_address("172.17.0.2"), parse_ip_address("fd00::2"), {std::string(200, 'n')}};
  REQUIRE(encode_names(record).size() == 1);
  CHECK(encode_names(record).front().size() <= 255);
  CHECK(is_resolvable_name(std::string(200, 'n')));
  CHECK_FALSE(is_resolvable_name(std::string(201, 'n')));
  for (const char* bad : {"", "a/b", "a,b", "a b", "\xc3\xa9"}) CHECK_FALSE(is_resolvable_name(bad));
  for (const char* bad : {"", "x", "x,y", ",,", "x,zz110002,", "x,ac1100,", "x,,fd00", ".lock"}) {
    INFO(bad);
    CHECK_FALSE(decode_names(bad));
  }
}
