// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/result.h"

namespace sys {

/// Builds netlink messages one after the other, to be sent together. An attribute's length field has 16
/// bits: what does not fit is never cut, it makes finish() fail (a wrapped length has let attackers write
/// their own attributes, CVE-2021-43784). man 7 netlink.
class NetlinkBatch {
 public:
  /// Starts a message; `header` is the family's own fixed part (struct ifinfomsg, ...). NLM_F_REQUEST
  /// and the sequence number are added.
  template <class Header>
  requires std::is_trivially_copyable_v<Header>
  void begin(std::uint16_t type, std::uint16_t flags, const Header& header) {
    begin_message(type, flags);
    append(&header, sizeof header);
  }

  void put(std::uint16_t attribute, std::string_view bytes);
  /// With the closing zero byte.
  void put_text(std::uint16_t attribute, std::string_view text);
  void put_u8(std::uint16_t attribute, std::uint8_t value);
  void put_u16(std::uint16_t attribute, std::uint16_t value);
  void put_u32(std::uint16_t attribute, std::uint32_t value);
  /// Big-endian, as netfilter wants numbers.
  void put_be32(std::uint16_t attribute, std::uint32_t value);
  void put_be64(std::uint16_t attribute, std::uint64_t value);
  /// Attributes that `fill` puts lie inside this one. `flags`: NLA_F_NESTED where the family wants it.
  void nest(std::uint16_t attribute, const std::function<void()>& fill);
  /// Raw bytes at this place: the fixed header inside VETH_INFO_PEER.
  void append(const void* data, std::size_t size);

  /// What is begun from now on is done whole or not at all, ended by the transaction's closing message.
  /// Then the last but one acknowledges, and an error on the first one ends all (nfnetlink).
  void set_transaction() { transaction_ = true; }
  bool transaction() const { return transaction_; }

  /// Messages begun so far.
  std::uint32_t count() const { return count_; }
  std::uint32_t first_sequence() const { return first_; }
  /// Sequence number of the message that is acknowledged, which ends the answer.
  std::uint32_t acknowledged() const { return first_ + count_ - (transaction_ && count_ > 1 ? 2 : 1); }

  /// All messages, one asking for an acknowledgement. Invalid: something was too long.
  base::Result<std::string_view> finish();

  /// Sequence numbers start here: a socket's next free one.
  explicit NetlinkBatch(std::uint32_t first_sequence = 1) : first_(first_sequence) {}

 private:
  void begin_message(std::uint16_t type, std::uint16_t flags);
  void close_message();

  std::string bytes_;
  std::size_t message_ = 0, previous_ = 0;  ///< Where the last two messages start.
  std::uint32_t first_, count_ = 0;
  bool open_ = false, too_long_ = false, transaction_ = false;
};

/// One attribute of a received message.
struct NetlinkAttribute {
  std::uint16_t type = 0;  ///< Without NLA_F_* flags.
  std::string_view data;

  std::uint32_t u32() const;
  std::uint16_t u16() const;
  std::uint8_t u8() const { return data.empty() ? 0 : static_cast<std::uint8_t>(data[0]); }
  /// Without the closing zero byte.
  std::string_view text() const;
};

/// Walks attributes; stops at the first damaged one.
void each_attribute(std::string_view bytes, const std::function<void(const NetlinkAttribute&)>& visit);

/// One received message: type and what follows the netlink header.
struct NetlinkMessage {
  std::uint16_t type = 0;
  std::string_view payload;

  /// The family's fixed header; zeroes when the message is too short.
  template <class Header>
  Header header() const {
    Header value{};
    if (payload.size() >= sizeof value) std::memcpy(&value, payload.data(), sizeof value);
    return value;
  }
  /// What follows that header.
  template <class Header>
  std::string_view attributes() const {
    constexpr std::size_t kSize = (sizeof(Header) + 3) & ~std::size_t{3};
    return payload.size() >= kSize ? payload.substr(kSize) : std::string_view();
  }
};

}  // namespace sys
