// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/user_database.h"

#include <catch2/catch.hpp>

using runtime::container::resolve_user;
using runtime::container::ResolvedUser;

namespace {

constexpr const char* kPasswd =
    "root:x:0:0:root:/root:/bin/sh\n"
    "# a comment\n"
    "broken line\n"
    "bad:x:abc:0::/:/bin/sh\n"
    "web:x:33:44:web server:/srv/www:/bin/sh\n"
    "nohome:x:40:40:::\n"
    "short:x:41:41\n"
    "1000:x:50:50::/named-like-a-number:\n"
    "last:x:60:60::/last:/bin/sh";
constexpr const char* kGroup =
    "root:x:0:\nwww:x:44:\nstaff:x:50: web , other\nbad:x:zz:web\ndisk:x:6:other\nweb2:x:70:other,web\n";

ResolvedUser resolve(std::string_view user, const std::vector<std::string>& groups = {}) {
  const auto resolved = resolve_user(user, groups, kPasswd, kGroup);
  if (!resolved) FAIL(base::to_text(resolved.error()));
  return *resolved;
}

std::string failure(std::string_view user, const std::vector<std::string>& groups = {}) {
  const auto resolved = resolve_user(user, groups, kPasswd, kGroup);
  REQUIRE_FALSE(resolved);
  return resolved.error().message;
}

}  // namespace

TEST_CASE("names, numbers and their groups") {
  CHECK(resolve("") == ResolvedUser{0, 0, {0}, "/root"});
  CHECK(resolve("0") == ResolvedUser{0, 0, {0}, "/root"});
  CHECK(resolve("web") == ResolvedUser{33, 44, {44, 50, 70}, "/srv/www"});
  CHECK(resolve("33") == ResolvedUser{33, 44, {44, 50, 70}, "/srv/www"});
  CHECK(resolve("web:disk") == ResolvedUser{33, 6, {6}, "/srv/www"});
  CHECK(resolve("web:99") == ResolvedUser{33, 99, {99}, "/srv/www"});
  CHECK(resolve("web:") == ResolvedUser{33, 44, {44, 50, 70}, "/srv/www"});
  CHECK(resolve("12345") == ResolvedUser{12345, 0, {0}, "/"});
  CHECK(resolve("12345:67") == ResolvedUser{12345, 67, {67}, "/"});
  CHECK(resolve("nohome") == ResolvedUser{40, 40, {40}, "/"});
  CHECK(resolve("short") == ResolvedUser{41, 41, {41}, "/"});
  CHECK(resolve("last") == ResolvedUser{60, 60, {60}, "/last"});
  // A number is a number, whoever is called so.
  CHECK(resolve("1000") == ResolvedUser{1000, 0, {0}, "/"});
}

TEST_CASE("further groups come after, each once") {
  CHECK(resolve("web", {"disk", "6", "staff", "44", "4294967294"}) ==
        ResolvedUser{33, 44, {44, 50, 70, 6, 4294967294}, "/srv/www"});
  CHECK(failure("web", {"nosuch"}) == "group \"nosuch\" is not in the container's /etc/group");
}

TEST_CASE("numbers that do not fit are refused, not cut off") {
  CHECK(resolve("4294967294").uid == 4294967294);
  for (const char* user : {"4294967295", "4294967296", "-1", "18446744073709551616", "+5"}) {
    CHECK(failure(user) == std::string("user \"") + user + "\" is not in the range 0 to 4294967294");
  }
  CHECK(failure("0x0") == "user \"0x0\" is not in the container's /etc/passwd");
  CHECK(failure("web:-1") == "group \"-1\" is not in the range 0 to 4294967294");
  CHECK(failure("bad") == "user \"bad\" is not in the container's /etc/passwd");
  CHECK(failure("#") == "user \"#\" is not in the container's /etc/passwd");
}
