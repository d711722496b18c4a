// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/dns_message.h"

#include <algorithm>

#include "base/split.h"

namespace runtime::network {
namespace {

constexpr std::size_t kLongestLabel = 63;
constexpr std::size_t kLongestName = 255;  // on the wire, with lengths
constexpr std::uint16_t kFlagReply = 0x8000, kFlagTruncated = 0x0200, kFlagRecursionDesired = 0x0100;
constexpr std::uint16_t kFlagRecursionAvailable = 0x0080;
constexpr std::uint16_t kNameAtQuestion = 0xc00c;
constexpr std::uint16_t kUdpSize = 1232;
constexpr std::size_t kRecordFixed = 10;

/// Reads big-endian numbers; past the end it gives zeroes and remembers that.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}
  std::uint8_t u8() { return static_cast<std::uint8_t>(take(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(take(2)); }
  std::uint32_t u32() { return take(4); }
  void skip(std::size_t count) {
    if (count > left()) failed_ = true;
    at_ += std::min(count, left());
  }
  std::size_t at() const { return at_; }
  std::size_t left() const { return bytes_.size() - at_; }
  bool failed() const { return failed_; }

 private:
  std::uint32_t take(std::size_t count) {
    std::uint32_t value = 0;
    if (count > left()) {
      failed_ = true;
      at_ = bytes_.size();
      return 0;
    }
    for (std::size_t i = 0; i < count; ++i) value = (value << 8) | static_cast<std::uint8_t>(bytes_[at_++]);
    return value;
  }
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

void put_u16(std::string& out, std::uint16_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xff);
}

void put_u32(std::string& out, std::uint32_t value) {
  put_u16(out, static_cast<std::uint16_t>(value >> 16));
  put_u16(out, static_cast<std::uint16_t>(value & 0xffff));
}

char readable(std::uint8_t byte) {
  const char c = static_cast<char>(byte);
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return byte <= ' ' || byte >= 0x7f || c == '.' ? '\001' : c;
}

/// An uncompressed name; nothing when it is damaged.
std::optional<std::string> read_name(Cursor& cursor) {
  std::string name;
  std::size_t wire = 1;
  while (true) {
    const std::size_t length = cursor.u8();
    wire += length + 1;
    if (cursor.failed() || length > kLongestLabel || wire > kLongestName + 1) return std::nullopt;
    if (length == 0) return name;
    if (!name.empty()) name += '.';
    for (std::size_t i = 0; i < length; ++i) name += readable(cursor.u8());
    if (cursor.failed()) return std::nullopt;
  }
}

/// Steps over a name that may end in a pointer; never follows it.
bool skip_name(Cursor& cursor) {
  while (!cursor.failed()) {
    const std::size_t length = cursor.u8();
    if ((length & 0xc0) == 0xc0) {
      cursor.skip(1);
      break;
    }
    if (length > kLongestLabel) return false;
    if (length == 0) break;
    cursor.skip(length);
  }
  return !cursor.failed();
}

/// Finds the OPT record among what follows the question.
void read_extension(Cursor& cursor, std::size_t records, DnsQuery& query) {
  for (std::size_t i = 0; i < records; ++i) {
    if (!skip_name(cursor)) return;
    const std::uint16_t type = cursor.u16();
    const std::uint16_t udp_size = cursor.u16();
    cursor.u32();
    cursor.skip(cursor.u16());
    if (cursor.failed()) return;
    if (type != kDnsTypeOpt) continue;
    query.extended = true;
    query.limit = std::clamp<std::size_t>(udp_size, kDnsPlainLimit, 4096);
    return;
  }
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::optional<DnsQuery> parse_dns_query(std::string_view packet) {
  Cursor cursor(packet);
  DnsQuery query;
  query.id = cursor.u16();
  const std::uint16_t flags = cursor.u16();
  const std::uint16_t questions = cursor.u16();
  const std::size_t records = std::size_t{cursor.u16()} + cursor.u16() + cursor.u16();
  if (cursor.failed() || (flags & kFlagReply) != 0 || questions != 1) return std::nullopt;
  query.opcode = (flags >> 11) & 0xf;
  query.recursion_desired = (flags & kFlagRecursionDesired) != 0;
  auto name = read_name(cursor);
  if (!name) return std::nullopt;
  query.name = std::move(*name);
  query.type = cursor.u16();
  query.dns_class = cursor.u16();
  if (cursor.failed()) return std::nullopt;
  query.question = packet.substr(kDnsHeaderSize, cursor.at() - kDnsHeaderSize);
  read_extension(cursor, records, query);
  return query;
}

DnsAnswer make_address_answer(const IpAddress& address) {
  return {address.family == IpFamily::V4 ? kDnsTypeA : kDnsTypeAaaa, std::string(address.data())};
}

std::optional<DnsAnswer> make_name_answer(std::string_view name) {
  DnsAnswer answer{kDnsTypePtr, {}};
  for (const std::string& label : base::split(name, '.')) {
    if (label.empty() || label.size() > kLongestLabel) return std::nullopt;
    answer.data += static_cast<char>(label.size());
    answer.data += label;
  }
  answer.data += '\0';
  if (answer.data.size() > kLongestName) return std::nullopt;
  return answer;
}

std::string make_dns_reply(const DnsQuery& query, DnsCode code, const std::vector<DnsAnswer>& answers,
                           std::uint32_t ttl_seconds, std::size_t limit) {
  constexpr std::size_t kExtensionSize = 1 + kRecordFixed;
  const std::size_t room = limit - std::min(limit, query.extended ? kExtensionSize : 0);
  std::string records;
  std::uint16_t count = 0;
  std::uint16_t flags = kFlagReply | kFlagRecursionAvailable | static_cast<std::uint16_t>(code);
  if (query.recursion_desired) flags |= kFlagRecursionDesired;
  flags = static_cast<std::uint16_t>(flags | (query.opcode << 11));
  for (const DnsAnswer& answer : answers) {
    const std::size_t size = 2 + kRecordFixed + answer.data.size();
    if (kDnsHeaderSize + query.question.size() + records.size() + size > room) {
      flags |= kFlagTruncated;
      break;
    }
    put_u16(records, kNameAtQuestion);
    put_u16(records, answer.type);
    put_u16(records, kDnsClassInternet);
    put_u32(records, ttl_seconds);
    put_u16(records, static_cast<std::uint16_t>(answer.data.size()));
    records += answer.data;
    ++count;
  }
  std::string out;
  put_u16(out, query.id);
  put_u16(out, flags);
  put_u16(out, 1);
  put_u16(out, count);
  put_u16(out, 0);
  put_u16(out, query.extended ? 1 : 0);
  out += query.question;
  out += records;
  if (query.extended) {
    out += '\0';
    put_u16(out, kDnsTypeOpt);
    put_u16(out, kUdpSize);
    put_u32(out, 0);
    put_u16(out, 0);
  }
  return out;
}

std::optional<std::string> make_format_error(std::string_view packet) {
  Cursor cursor(packet);
  const std::uint16_t id = cursor.u16();
  const std::uint16_t flags = cursor.u16();
  if (packet.size() < kDnsHeaderSize || (flags & kFlagReply) != 0) return std::nullopt;
  std::string out;
  put_u16(out, id);
  put_u16(out, kFlagReply | kFlagRecursionAvailable | static_cast<std::uint16_t>(DnsCode::FormatError));
  out.resize(kDnsHeaderSize, '\0');
  return out;
}

bool is_reply_to(const DnsQuery& query, std::uint16_t id, std::string_view packet) {
  Cursor cursor(packet);
  const bool same_id = cursor.u16() == id;
  const bool reply = (cursor.u16() & kFlagReply) != 0;
  const std::uint16_t questions = cursor.u16();
  if (packet.size() < kDnsHeaderSize || !same_id || !reply) return false;
  // Some servers leave the question out of a refusal.
  if (questions == 0) return reply_code(packet) != DnsCode::NoError;
  const std::string_view there = packet.substr(kDnsHeaderSize, query.question.size());
  return questions == 1 &&
         std::equal(there.begin(), there.end(), query.question.begin(), query.question.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

DnsCode reply_code(std::string_view packet) {
  return packet.size() < 4 ? DnsCode::ServerFailure : static_cast<DnsCode>(packet[3] & 0xf);
}

void set_dns_id(std::string& packet, std::uint16_t id) {
  if (packet.size() < 2) return;
  packet[0] = static_cast<char>(id >> 8);
  packet[1] = static_cast<char>(id & 0xff);
}

std::optional<IpAddress> parse_reverse_name(std::string_view name) {
  constexpr std::string_view kV4 = ".in-addr.arpa", kV6 = ".ip6.arpa";
  constexpr std::size_t kNibbles = 32;
  if (name.ends_with(kV4)) {
    std::vector<std::string> parts = base::split(name.substr(0, name.size() - kV4.size()), '.');
    std::reverse(parts.begin(), parts.end());
    return parse_ip_address(base::join(parts, "."));
  }
  if (!name.ends_with(kV6)) return std::nullopt;
  std::vector<std::string> parts = base::split(name.substr(0, name.size() - kV6.size()), '.');
  if (parts.size() != kNibbles) return std::nullopt;
  std::string text;
  for (std::size_t i = 0; i < kNibbles; ++i) {
    const std::string& nibble = parts[kNibbles - 1 - i];
    if (nibble.size() != 1) return std::nullopt;
    if (i != 0 && i % 4 == 0) text += ':';
    text += nibble;
  }
  return parse_ip_address(text);
}

}  // namespace runtime::network
