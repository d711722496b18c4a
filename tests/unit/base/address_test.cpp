// SPDX-License-Identifier: Apache-2.0
#include "base/address.h"

#include <catch2/catch.hpp>

using base::parse_address;

namespace {

/// "scheme|user|password|host|port|path|query|fragment", "-" for what is not there at all.
std::string parts(std::string_view text) {
  const auto address = parse_address(text);
  if (!address) return address.error().message;
  return address->scheme + "|" + address->user + "|" + address->password.value_or("-") + "|" + address->host +
         "|" + address->port + "|" + address->path + "|" + address->query.value_or("-") + "|" +
         address->fragment.value_or("-");
}

std::string rewritten(std::string_view text) {
  const auto address = parse_address(text);
  return address ? address->text() : address.error().message;
}

bool same_server(std::string_view one, std::string_view other) {
  return parse_address(one).value().is_same_server(parse_address(other).value());
}

}  // namespace

TEST_CASE("an address is taken apart") {
  CHECK(parts("https://user:pass@host:8443/a/b?c=d#e") == "https|user|pass|host|8443|/a/b|c=d|e");
  CHECK(parts("https://host") == "https||-|host|||-|-");
  CHECK(parts("HTTPS://Host.Example:0443/A") == "https||-|host.example|443|/A|-|-");
  CHECK(parts("http://host:/?#") == "http||-|host||/||");
  CHECK(parts("http://[::1]:5000/v2/") == "http||-|[::1]|5000|/v2/|-|-");
  CHECK(parts("https://host./x") == "https||-|host.||/x|-|-");
  CHECK(parts("https://host/a@b:c//d\\e?f?g#h#i") == "https||-|host||/a@b:c//d\\e|f?g|h#i");
  CHECK(parts("git://host/r.git") == "git||-|host||/r.git|-|-");
  CHECK(parts("ssh://git@host:22/~/r") == "ssh|git|-|host|22|/~/r|-|-");
  CHECK(parts("git@Host:group/r.git") == "ssh|git|-|host||group/r.git|-|-");
  CHECK(parts("https://:p@h/") == "https||p|h||/|-|-");
  CHECK(parts("https://@h/") == "https||-|h||/|-|-");
}

TEST_CASE("the host of an address is the one that is contacted") {
  CHECK(parts("https://good.example#@evil.example/") == "https||-|good.example|||-|@evil.example/");
  CHECK(parts("https://good.example?@evil.example/") == "https||-|good.example|||@evil.example/|-");
  CHECK(parts("https://good.example/@evil.example/") == "https||-|good.example||/@evil.example/|-|-");
  CHECK(parts("https://good.example:x@evil.example/") == "https|good.example|x|evil.example||/|-|-");
  CHECK(parts("https://a@b:c@evil.example/") == "https|a@b|c|evil.example||/|-|-");
  CHECK(parts("https://good.example%2f@evil.example/") == "https|good.example/|-|evil.example||/|-|-");
}

TEST_CASE("what others may read in another way is refused, without its secrets") {
  const auto refused = [](std::string_view text, std::string_view why, std::string_view shown) {
    return parts(text) == "the address '" + std::string(shown) + "' cannot be used: " + std::string(why);
  };
  CHECK(refused("https://good.example\\@evil.example/", "it has a \"\\\" before its host",
                "https://***@evil.example/"));
  CHECK(refused("https://u:secret@good\\evil/", "'good\\evil' is no host's name", "https://***@good\\evil/"));
  CHECK(refused("https://a b@h/", "it has a blank or a control character", "https://a b@h/"));
  CHECK(refused("https://u:p%0d@h/", "its password has a control character", "https://***@h/"));
  CHECK(refused("https://u%0a@h/", "its user is none", "https://***@h/"));
  CHECK(refused("ssh://-oProxyCommand=x@h/r", "its user is none", "ssh://***@h/r"));
  CHECK(refused("ssh://good%40evil.example%2f@h/r", "it has a \"%\" before its host", "ssh://***@h/r"));
  CHECK(refused("-x@h:r", "its user is none", "-x@h:r"));
  CHECK(refused("git@h:", "it names no path", "git@h:"));
  for (const char* host :
       {"-x", ".x", "*", "h%61st", "h\xc3\xb6st", "h'", "[::1", "[]", "[::1%25lo]", "[x]", "a,b"}) {
    INFO(host);
    CHECK_FALSE(parse_address("https://" + std::string(host) + "/"));
    CHECK_FALSE(parse_address("ssh://git@" + std::string(host) + "/r"));
  }
  for (const char* text : {"", "h", "/h", "https:/h", "https:///h", "://h", "ht tp://h", "1x://h",
                           "https://u@/", "https://h:80:90/", "https://h:0/", "https://h:65536/",
                           "https://h:+1/", "https://h:8x/", "https://[::1]x/"}) {
    INFO(text);
    CHECK_FALSE(parse_address(text));
  }
  CHECK(parts("https://user:pa/ss@host/").find("pa/") == std::string::npos);
}

TEST_CASE("an address has one form") {
  CHECK(rewritten("HTTPS://U:P@Host:0080/A?b#c") == "https://U:P@host:80/A?b#c");
  CHECK(rewritten("https://a@b:c:d@host") == "https://a%40b:c%3Ad@host");
  CHECK(rewritten("https://to%6ben:@host/x") == "https://token:@host/x");
  CHECK(rewritten("https://50%off@host/") == "https://50%25off@host/");
  CHECK(rewritten("git@host:r.git") == "git@host:r.git");
  CHECK(rewritten("git@host:/abs/r.git") == "ssh://git@host/abs/r.git");
  CHECK(rewritten("https://[::1]:5/%41?%42") == "https://[::1]:5/%41?%42");
  const auto address = parse_address("https://u:p@h:1/x").value();
  CHECK(address.without_login().text() == "https://h:1/x");
  CHECK(address.origin() == "https://h:1");
  CHECK(address.server() == "h:1");
  CHECK(address.login() == "u:p");
  // Read again it is the same.
  for (const char* text : {"https://a%40b:c@h/p?q#f", "ssh://u@h:1/p", "git@h:p@q:r", "http://[::1]/"})
    CHECK(rewritten(rewritten(text)) == text);
}

TEST_CASE("one server may be named in several ways, and never be another") {
  CHECK(same_server("https://h/x", "https://u@H:443/y"));
  CHECK(same_server("http://h:80", "http://h"));
  CHECK_FALSE(same_server("https://h", "http://h"));
  CHECK_FALSE(same_server("https://h:80", "http://h:80"));
  CHECK_FALSE(same_server("https://h", "https://h:80"));
  CHECK_FALSE(same_server("https://h", "https://h."));
  CHECK_FALSE(same_server("https://h", "https://h.example"));
}

TEST_CASE("loopback is an address, not how a name begins") {
  for (const char* host : {"localhost", "127.0.0.1", "127.1", "127.255.0.9", "::1", "[::1]"}) {
    INFO(host);
    CHECK(base::is_loopback_host(host));
  }
  for (const char* host : {"", "127", "127.", "127.0.0.1.", "127.0.0.1.5", "127.0.0.256", "127.evil.example",
                           "1127.0.0.1", "localhost.example", "localhost.", "::2", "[::1", "2130706433"}) {
    INFO(host);
    CHECK_FALSE(base::is_loopback_host(host));
  }
  CHECK(parse_address("http://LOCALHOST:5000/").value().is_loopback());
  CHECK_FALSE(parse_address("http://localhost@h/").value().is_loopback());
}

TEST_CASE("a place on another machine has a user, a host and a path") {
  for (const char* text : {"git@host:repo", "bob@127.0.0.1:df.git#v1:sub", "a_b-c.d@h:"})
    CHECK(base::is_scp_address(text));
  for (const char* text : {"", "host:repo", "bob@host", "@host:repo", "bob@:repo", "./bob@host:repo",
                           "a b@host:repo", "bob@-x y:repo", "https://bob@host:80/repo"})
    CHECK_FALSE(base::is_scp_address(text));
}
