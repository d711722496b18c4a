// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/dns_message.h"

#include <catch2/catch.hpp>

using namespace runtime::network;

namespace {

std::string header(int questions, int extra = 0) {
  std::string text("\x12\x34\x01\x00\x00", 5);
  text += static_cast<char>(questions);
  text += std::string("\0\0\0\0\0", 5);
  text += static_cast<char>(extra);
  return text;
}

std::string question(const std::string& name, char type) {
  return name + std::string("\0\0", 2) + type + std::string("\0\1", 2);
}

const std::string kWeb = "\3Web\7Example";

}  // namespace

TEST_CASE("a query is read: lower case, type, size of the answer") {
  const std::string plain = header(1) + question(kWeb, 28);
  const DnsQuery query = parse_dns_query(plain).value();
  CHECK(query.id == 0x1234);
  CHECK(query.name == "web.example");
  CHECK(query.type == kDnsTypeAaaa);
  CHECK(query.recursion_desired);
  CHECK_FALSE(query.extended);
  CHECK(query.limit == 512);
  const std::string option("\0\0\x29\x10\x00\0\0\0\0\0\0", 11);
  const DnsQuery extended = parse_dns_query(header(1, 1) + question(kWeb, 1) + option).value();
  CHECK(extended.extended);
  CHECK(extended.limit == 4096);
}

TEST_CASE("what is no query is not read") {
  const std::string good = header(1) + question(kWeb, 1);
  for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(parse_dns_query(good.substr(0, size)));
  CHECK_FALSE(parse_dns_query(header(0)));
  CHECK_FALSE(parse_dns_query(header(2) + question(kWeb, 1) + question(kWeb, 1)));
  std::string reply = good;
  reply[2] = static_cast<char>(0x81);
  CHECK_FALSE(parse_dns_query(reply));
  CHECK_FALSE(make_format_error(reply));
  CHECK_FALSE(parse_dns_query(header(1) + question("\xc0\x0c", 1)));  // a name that points at itself
  CHECK_FALSE(parse_dns_query(header(1) + question(std::string(1, '\x40') + std::string(64, 'a'), 1)));
  std::string longest;
  for (int i = 0; i < 4; ++i) longest += std::string(1, '\x3f') + std::string(63, 'a');
  CHECK_FALSE(parse_dns_query(header(1) + question(longest, 1)));  // 257 bytes
  longest.resize(longest.size() - 2);
  longest[3 * 64] = '\x3d';
  CHECK(parse_dns_query(header(1) + question(longest, 1)));  // 255, the most
}

TEST_CASE("bytes that mislead never make one of our names") {
  CHECK(parse_dns_query(header(1) + question("\3a.b", 1))->name == "a\001b");
  CHECK(parse_dns_query(header(1) + question(std::string("\3a\0b", 4), 1))->name == "a\001b");
}

TEST_CASE("answers repeat the question, and are cut off where they must") {
  const DnsQuery query = parse_dns_query(header(1) + question(kWeb, 1)).value();
  const DnsAnswer address = make_address_answer(*parse_ip_address("10.1.2.3"));
  const std::string reply = make_dns_reply(query, DnsCode::NoError, {address}, 10, query.limit);
  const std::string expected = std::string("\x12\x34\x81\x80\0\1\0\1\0\0\0\0", 12) + question(kWeb, 1) +
                               std::string("\xc0\x0c\0\1\0\1\0\0\0\x0a\0\4\x0a\1\2\3", 16);
  CHECK(reply == expected);
  CHECK(is_reply_to(query, 0x1234, reply));
  CHECK_FALSE(is_reply_to(query, 0x1235, reply));
  CHECK_FALSE(is_reply_to(query, 0x1234, header(1) + question(kWeb, 1)));
  std::string other_case = reply;
  other_case[13] = 'w';
  CHECK(is_reply_to(query, 0x1234, other_case));
  other_case[13] = 'x';
  CHECK_FALSE(is_reply_to(query, 0x1234, other_case));
  const std::vector<DnsAnswer> many(40, address);
  const std::string cut = make_dns_reply(query, DnsCode::NoError, many, 10, query.limit);
  CHECK(cut.size() <= 512);
  CHECK((cut[2] & 2) == 2);
  CHECK(static_cast<int>(cut[7]) == 30);
  const std::string whole = make_dns_reply(query, DnsCode::NoError, many, 10, kDnsLongestMessage);
  CHECK((whole[2] & 2) == 0);
  CHECK(static_cast<int>(whole[7]) == 40);
}

TEST_CASE("reverse names") {
  CHECK(to_text(parse_reverse_name("2.0.17.172.in-addr.arpa").value()) == "172.17.0.2");
  CHECK(to_text(parse_reverse_name("2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa")
                    .value()) == "fd00::2");
  for (const char* bad :
       {"in-addr.arpa", "1.2.3.in-addr.arpa", "x.2.0.17.in-addr.arpa", "1.ip6.arpa", "web"}) {
    CHECK_FALSE(parse_reverse_name(bad));
  }
  CHECK(make_name_answer("web.front")->data == std::string("\3web\5front\0", 11));
  CHECK_FALSE(make_name_answer("web..front"));
  CHECK_FALSE(make_name_answer(std::string(64, 'a')));
}
