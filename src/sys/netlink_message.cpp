// SPDX-License-Identifier: Apache-2.0
#include "sys/netlink_message.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netlink.h>

#include <algorithm>

namespace sys {
namespace {

constexpr std::size_t kLongestAttribute = 0xffff;

std::size_t aligned(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

}  // namespace

void NetlinkBatch::begin_message(std::uint16_t type, std::uint16_t flags) {
  close_message();
  previous_ = message_;
  message_ = bytes_.size();
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST);
  header.nlmsg_seq = first_ + count_;
  bytes_.append(reinterpret_cast<const char*>(&header), sizeof header);
  ++count_;
  open_ = true;
}

void NetlinkBatch::close_message() {
  if (!open_) return;
  const auto size = static_cast<std::uint32_t>(bytes_.size() - message_);
  std::memcpy(bytes_.data() + message_ + offsetof(nlmsghdr, nlmsg_len), &size, sizeof size);
  bytes_.resize(message_ + aligned(size), '\0');
  open_ = false;
}

void NetlinkBatch::append(const void* data, std::size_t size) {
  bytes_.append(static_cast<const char*>(data), size);
  bytes_.resize(message_ + aligned(bytes_.size() - message_), '\0');
}

void NetlinkBatch::put(std::uint16_t attribute, std::string_view bytes) {
  const std::size_t size = sizeof(nlattr) + bytes.size();
  if (size > kLongestAttribute) {
    too_long_ = true;
    return;
  }
  nlattr header{};
  header.nla_len = static_cast<std::uint16_t>(size);
  header.nla_type = attribute;
  bytes_.append(reinterpret_cast<const char*>(&header), sizeof header);
  append(bytes.data(), bytes.size());
}

void NetlinkBatch::put_text(std::uint16_t attribute, std::string_view text) {
  put(attribute, std::string(text) + '\0');
}

void NetlinkBatch::put_u8(std::uint16_t attribute, std::uint8_t value) {
  put(attribute, {reinterpret_cast<const char*>(&value), sizeof value});
}

void NetlinkBatch::put_u16(std::uint16_t attribute, std::uint16_t value) {
  put(attribute, {reinterpret_cast<const char*>(&value), sizeof value});
}

void NetlinkBatch::put_u32(std::uint16_t attribute, std::uint32_t value) {
  put(attribute, {reinterpret_cast<const char*>(&value), sizeof value});
}

void NetlinkBatch::put_be32(std::uint16_t attribute, std::uint32_t value) {
  put_u32(attribute, htonl(value));
}

void NetlinkBatch::put_be64(std::uint16_t attribute, std::uint64_t value) {
  const std::uint64_t big = htobe64(value);
  put(attribute, {reinterpret_cast<const char*>(&big), sizeof big});
}

void NetlinkBatch::nest(std::uint16_t attribute, const std::function<void()>& fill) {
  const std::size_t start = bytes_.size();
  put(attribute, {});
  fill();
  const std::size_t size = bytes_.size() - start;
  if (size > kLongestAttribute) too_long_ = true;
  const auto length = static_cast<std::uint16_t>(size);
  std::memcpy(bytes_.data() + start, &length, sizeof length);
}

base::Result<std::string_view> NetlinkBatch::finish() {
  close_message();
  if (too_long_) {
    return base::fail(base::ErrorClass::Invalid, "a netlink attribute would be longer than 65535 bytes");
  }
  if (count_ > 0) {
    const std::size_t at =
        (transaction_ && count_ > 1 ? previous_ : message_) + offsetof(nlmsghdr, nlmsg_flags);
    std::uint16_t flags = 0;
    std::memcpy(&flags, bytes_.data() + at, sizeof flags);
    flags |= NLM_F_ACK;
    std::memcpy(bytes_.data() + at, &flags, sizeof flags);
  }
  return std::string_view(bytes_);
}

std::uint32_t NetlinkAttribute::u32() const {
  std::uint32_t value = 0;
  if (data.size() >= sizeof value) std::memcpy(&value, data.data(), sizeof value);
  return value;
}

std::uint16_t NetlinkAttribute::u16() const {
  std::uint16_t value = 0;
  if (data.size() >= sizeof value) std::memcpy(&value, data.data(), sizeof value);
  return value;
}

std::string_view NetlinkAttribute::text() const { return data.substr(0, data.find('\0')); }

void each_attribute(std::string_view bytes, const std::function<void(const NetlinkAttribute&)>& visit) {
  while (bytes.size() >= sizeof(nlattr)) {
    nlattr header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.nla_len < sizeof header || header.nla_len > bytes.size()) return;
    visit({static_cast<std::uint16_t>(header.nla_type & NLA_TYPE_MASK),
           bytes.substr(sizeof header, header.nla_len - sizeof header)});
    bytes.remove_prefix(std::min(aligned(header.nla_len), bytes.size()));
  }
}

}  // namespace sys
