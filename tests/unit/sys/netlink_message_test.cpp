// SPDX-License-Identifier: Apache-2.0
#include "sys/netlink_message.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <catch2/catch.hpp>

TEST_CASE("attributes are padded, nested and read back") {
  sys::NetlinkBatch batch(7);
  batch.begin(RTM_NEWLINK, NLM_F_CREATE, ifinfomsg{});
  batch.put_text(1, "abc");
  batch.nest(2, [&] {
    batch.put_u8(3, 9);
    batch.put_be32(4, 1);
  });
  batch.begin(RTM_GETLINK, 0, ifinfomsg{});
  const std::string bytes(batch.finish().value());
  nlmsghdr first{}, second{};
  std::memcpy(&first, bytes.data(), sizeof first);
  std::memcpy(&second, bytes.data() + first.nlmsg_len, sizeof second);
  CHECK(first.nlmsg_len == 16 + 16 + 8 + 4 + 8 + 8);
  CHECK(first.nlmsg_seq == 7);
  CHECK((first.nlmsg_flags & NLM_F_ACK) == 0);
  CHECK(second.nlmsg_seq == 8);
  CHECK((second.nlmsg_flags & NLM_F_ACK) != 0);
  CHECK(batch.acknowledged() == 8);
  std::vector<std::string> seen;
  sys::each_attribute(
      std::string_view(bytes).substr(32, first.nlmsg_len - 32), [&](const sys::NetlinkAttribute& a) {
        if (a.type == 1) seen.emplace_back(a.text());
        if (a.type == 2)
          sys::each_attribute(a.data, [&](const auto& inner) { seen.push_back(std::to_string(inner.type)); });
      });
  CHECK(seen == std::vector<std::string>{"abc", "3", "4"});
}

TEST_CASE("an attribute that its 16-bit length cannot hold is an error, never cut") {
  const auto with = [](std::size_t size) {
    sys::NetlinkBatch batch;
    batch.begin(RTM_NEWLINK, 0, ifinfomsg{});
    batch.put(1, std::string(size, 'x'));
    return batch.finish().has_value();
  };
  CHECK(with(65531));
  CHECK_FALSE(with(65532));
  CHECK_FALSE(with(65536 + 4));  // wraps to a small length in a builder that does not look
  sys::NetlinkBatch nested;
  nested.begin(RTM_NEWLINK, 0, ifinfomsg{});
  nested.nest(1, [&] {
    nested.put(2, std::string(40000, 'x'));
    nested.put(2, std::string(40000, 'x'));
  });
  CHECK(base::to_text(nested.finish().error()) ==
        "error: a netlink attribute would be longer than 65535 bytes\n");
}

TEST_CASE("reading never leaves the bytes") {
  const std::string damaged("\xff\x00\x01\x00zzzz", 8);
  int seen = 0;
  sys::each_attribute(damaged, [&](const auto&) { ++seen; });
  sys::each_attribute(std::string_view("\x03\x00\x01\x00", 4), [&](const auto&) { ++seen; });
  sys::each_attribute("ab", [&](const auto&) { ++seen; });
  CHECK(seen == 0);
  CHECK(sys::NetlinkMessage{0, "ab"}.header<ifinfomsg>().ifi_index == 0);
  CHECK(sys::NetlinkMessage{0, "ab"}.attributes<ifinfomsg>().empty());
}
