// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/network/ip_address.h"

/// The DNS wire form, RFC 1035 section 4, as far as a resolver on the loopback needs it. Every function is
/// safe on any bytes.
namespace runtime::network {

inline constexpr std::uint16_t kDnsTypeA = 1, kDnsTypePtr = 12, kDnsTypeAaaa = 28, kDnsTypeOpt = 41;
inline constexpr std::uint16_t kDnsTypeAny = 255;
inline constexpr std::uint16_t kDnsClassInternet = 1;
inline constexpr std::size_t kDnsHeaderSize = 12;
inline constexpr std::size_t kDnsPlainLimit = 512;  ///< Longest UDP answer without EDNS.
inline constexpr std::size_t kDnsLongestMessage = 65535;

enum class DnsCode : std::uint8_t {
  NoError = 0,
  FormatError = 1,
  ServerFailure = 2,
  NameError = 3,
  NotImplemented = 4,
  Refused = 5,
};

/// A query with its one question.
struct DnsQuery {
  std::uint16_t id = 0;
  std::uint8_t opcode = 0;
  bool recursion_desired = false;
  /// Lower case, without the last dot; a byte that could mislead ('.' within a label, not printable) is
  /// written as \001, so that such a name matches none of ours.
  std::string name;
  std::uint16_t type = 0, dns_class = 0;
  std::string question;                ///< The question's own bytes.
  bool extended = false;               ///< Carries EDNS (RFC 6891).
  std::size_t limit = kDnsPlainLimit;  ///< Longest answer that may be sent over UDP.
  bool operator==(const DnsQuery&) const = default;
};

/// Nothing for what is no query: too short, an answer, other than one question, a compressed or damaged
/// name.
std::optional<DnsQuery> parse_dns_query(std::string_view packet);

/// One record of an answer, about the question's name.
struct DnsAnswer {
  std::uint16_t type = 0;
  std::string data;
};
DnsAnswer make_address_answer(const IpAddress& address);
/// Nothing when the name cannot be one.
std::optional<DnsAnswer> make_name_answer(std::string_view name);

/// The answer to `query`; records that do not fit into `limit` bytes are left out and the answer is marked
/// as cut off.
std::string make_dns_reply(const DnsQuery& query, DnsCode code, const std::vector<DnsAnswer>& answers,
                           std::uint32_t ttl_seconds, std::size_t limit);
/// For a packet that is no good query: its id with a format error; nothing when it has not even that.
std::optional<std::string> make_format_error(std::string_view packet);

/// Whether `packet` answers `query` under the ID `id`: same question, letter case aside.
bool is_reply_to(const DnsQuery& query, std::uint16_t id, std::string_view packet);
DnsCode reply_code(std::string_view packet);
/// Puts another ID into a packet of at least two bytes.
void set_dns_id(std::string& packet, std::uint16_t id);

/// The address in "4.3.2.1.in-addr.arpa" or "….ip6.arpa"; nothing otherwise.
std::optional<IpAddress> parse_reverse_name(std::string_view name);

}  // namespace runtime::network
