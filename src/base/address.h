// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace base {

/// An address taken apart: a URL, or a place on another machine as ssh and git write it. Who gives it to
/// another program or library gives text(): so that one contacts the host that was read here, whatever it
/// would make of the text as it was written.
struct Address {
  std::string scheme;                   ///< In small letters.
  std::string user;                     ///< Without percent escapes.
  std::optional<std::string> password;  ///< Without percent escapes.
  std::string host;                     ///< In small letters; IPv6 in brackets. A dot at its end stays.
  std::string port;                     ///< Digits, 1 to 65535 without zeros before; "" when none is named.
  std::string path;                     ///< As written. Without "/" before it: relative to the home of ssh.
  std::optional<std::string> query, fragment;  ///< As written.

  bool has_login() const { return !user.empty() || password.has_value(); }
  bool is_http() const { return scheme == "http" || scheme == "https"; }
  /// "host" or "host:port".
  std::string server() const;
  /// "https://host:port".
  std::string origin() const;
  /// The user and password as they stand in an address: "user:pass%40word". "" when there are none.
  std::string login() const;
  /// The whole in its one form.
  std::string text() const;
  Address without_login() const;
  /// Whether both lead to one server by one scheme; the scheme's own port may be named or not.
  bool is_same_server(const Address& other) const;
  bool is_loopback() const;
};

/// `scheme://user:password@host:port/path?query#fragment` (RFC 3986) or `user@host:path` (man 1 git-clone).
/// Invalid: what programs read in different ways: blanks and control characters, "\" before the path, hosts
/// that are more than letters of ASCII, digits, "-", "_" and ".", percent escapes in the login of an address
/// that is not of HTTP (git undoes them before it looks for the host), and logins that look like options.
Result<Address> parse_address(std::string_view text);

/// Percent escapes undone; what is none stays.
std::string unescape_address(std::string_view part);

/// "user@host:path", a place on another machine as ssh, scp and git have it.
bool is_scp_address(std::string_view text);

/// "localhost", 127.0.0.0/8 and ::1, as the host alone: "127.example" is a name like any other.
bool is_loopback_host(std::string_view host);

}  // namespace base
