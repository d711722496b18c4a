// SPDX-License-Identifier: Apache-2.0
#include "base/address.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "base/address_text.h"
#include "base/split.h"

namespace base {
namespace {

constexpr std::string_view kSeparator = "://";
constexpr std::string_view kHexDigits = "0123456789abcdef";
/// RFC 3986: unreserved characters, the only ones that stand in a login as they are.
constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
constexpr std::string_view kHostLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

bool is_blank_or_control(unsigned char c) { return c <= ' ' || c == 0x7f; }

bool has_blank_or_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_blank_or_control);
}

bool consists_of(std::string_view text, std::string_view letters) {
  return text.find_first_not_of(letters) == std::string_view::npos;
}

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

/// What is wrong with it; "" for nothing.
using Complaint = std::string;

Complaint read_login(Address& address, std::string_view login) {
  if (login.find('\\') != std::string_view::npos) return "it has a \"\\\" before its host";
  const bool escaped = login.find('%') != std::string_view::npos;
  if (escaped && !address.is_http()) return "it has a \"%\" before its host";
  const auto [user, password] = split_once(login, ':');
  address.user = unescape_address(user);
  if (user.size() < login.size()) address.password = unescape_address(password);
  if (has_blank_or_control(address.user) || address.user.starts_with('-')) return "its user is none";
  const std::string& word = address.password.value_or("");
  if (std::any_of(word.begin(), word.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }))
    return "its password has a control character";
  return {};
}

Complaint read_host(Address& address, std::string_view host) {
  address.host = to_lower(host);
  if (address.host.empty()) return "it names no host";
  if (address.host.front() == '[') {
    const bool closed = address.host.size() > 2 && address.host.back() == ']';
    const std::string_view inside = std::string_view(address.host).substr(1, address.host.size() - 2);
    if (!closed || !consists_of(inside, "0123456789abcdef:."))
      return "what is in brackets is no IPv6 address";
    return {};
  }
  if (!consists_of(address.host, kHostLetters) || address.host.front() == '-' || address.host.front() == '.')
    return fmt::format("'{}' is no host's name", host);
  return {};
}

Complaint read_server(Address& address, std::string_view server) {
  const auto bracket = server.starts_with('[') ? server.find(']') : 0;
  const auto colon = bracket == std::string_view::npos ? bracket : server.find(':', bracket);
  const std::string_view port = colon == std::string_view::npos ? "" : server.substr(colon + 1);
  if (Complaint complaint = read_host(address, server.substr(0, colon)); !complaint.empty()) return complaint;
  if (port.empty()) return {};
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size() || number == 0)
    return fmt::format("'{}' is no port", port);
  address.port = std::to_string(number);
  return {};
}

/// Cuts what follows the first `mark` off the text.
std::optional<std::string> cut_behind(std::string_view& text, char mark) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  std::string out(text.substr(at + 1));
  text = text.substr(0, at);
  return out;
}

Complaint read_scp(Address& address, std::string_view text) {
  address.scheme = "ssh";
  const auto at = text.find('@'), colon = text.find(':');
  address.path = text.substr(colon + 1);
  if (address.path.empty()) return "it names no path";
  if (Complaint complaint = read_login(address, text.substr(0, at)); !complaint.empty()) return complaint;
  return read_host(address, text.substr(at + 1, colon - at - 1));
}

Complaint read_url(Address& address, std::string_view text) {
  const auto separator = text.find(kSeparator);
  if (separator == std::string_view::npos) return "it has no scheme";
  address.scheme = to_lower(text.substr(0, separator));
  const std::string_view letters = kHostLetters.substr(0, 26);
  if (address.scheme.empty() || letters.find(address.scheme.front()) == std::string_view::npos ||
      !consists_of(address.scheme, "abcdefghijklmnopqrstuvwxyz0123456789+-."))
    return "it has no scheme";
  text.remove_prefix(separator + kSeparator.size());
  address.fragment = cut_behind(text, '#');
  address.query = cut_behind(text, '?');
  const std::string_view authority = text.substr(0, text.find('/'));
  address.path = text.substr(authority.size());
  const auto at = authority.rfind('@');
  if (at != std::string_view::npos) {
    if (Complaint complaint = read_login(address, authority.substr(0, at)); !complaint.empty())
      return complaint;
  }
  return read_server(address, at == std::string_view::npos ? authority : authority.substr(at + 1));
}

std::string_view usual_port(std::string_view scheme) {
  if (scheme == "https") return "443";
  if (scheme == "http") return "80";
  return "";
}

}  // namespace

std::string Address::server() const { return port.empty() ? host : fmt::format("{}:{}", host, port); }

std::string Address::origin() const { return fmt::format("{}{}{}", scheme, kSeparator, server()); }

std::string Address::login() const {
  return password ? fmt::format("{}:{}", escape(user), escape(*password)) : escape(user);
}

std::string Address::text() const {
  const std::string known = has_login() ? login() + "@" : std::string();
  if (!path.empty() && path.front() != '/') return fmt::format("{}{}:{}", known, host, path);
  std::string out = fmt::format("{}{}{}{}{}", scheme, kSeparator, known, server(), path);
  if (query) out += "?" + *query;
  if (fragment) out += "#" + *fragment;
  return out;
}

Address Address::without_login() const {
  Address out = *this;
  out.user.clear();
  out.password.reset();
  return out;
}

bool Address::is_same_server(const Address& other) const {
  const auto port_of = [](const Address& one) {
    return one.port.empty() ? usual_port(one.scheme) : std::string_view(one.port);
  };
  return scheme == other.scheme && host == other.host && port_of(*this) == port_of(other);
}

bool Address::is_loopback() const { return is_loopback_host(host); }

Result<Address> parse_address(std::string_view text) {
  Address out;
  Complaint complaint;
  if (has_blank_or_control(text)) {
    complaint = "it has a blank or a control character";
  } else {
    complaint = is_scp_address(text) ? read_scp(out, text) : read_url(out, text);
  }
  if (complaint.empty()) return out;
  return fail(ErrorClass::Invalid, fmt::format("the address '{}' cannot be used: {}",
                                               hide_secrets(text).substr(0, 200), complaint));
}

std::string unescape_address(std::string_view part) {
  std::string out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    const auto digit = [&](std::size_t at) {
      return at < part.size() ? kHexDigits.find(static_cast<char>(part[at] | 0x20)) : std::string_view::npos;
    };
    if (part[i] == '%' && digit(i + 1) != std::string_view::npos && digit(i + 2) != std::string_view::npos) {
      out += static_cast<char>(digit(i + 1) * 16 + digit(i + 2));
      i += 2;
    } else {
      out += part[i];
    }
  }
  return out;
}

bool is_scp_address(std::string_view text) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  const auto at = text.find_first_not_of(kLetters);
  if (at == 0 || at == std::string_view::npos || text[at] != '@') return false;
  const auto colon = text.find_first_not_of(kLetters, at + 1);
  return colon != at + 1 && colon != std::string_view::npos && text[colon] == ':';
}

bool is_loopback_host(std::string_view host) {
  if (host == "localhost" || host == "::1" || host == "[::1]") return true;
  const std::vector<std::string> parts = split(host, '.');
  const auto is_part = [](const std::string& part) {
    std::uint8_t value = 0;
    const char* const end = part.data() + part.size();
    const auto read = std::from_chars(part.data(), end, value);
    return read.ec == std::errc() && read.ptr == end;
  };
  return parts.size() > 1 && parts.size() <= 4 && parts.front() == "127" &&
         std::all_of(parts.begin(), parts.end(), is_part);
}

}  // namespace base
