// SPDX-License-Identifier: Apache-2.0
#include "base/address_text.h"

#include <catch2/catch.hpp>

TEST_CASE("what an address tells of its user stays out of texts") {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"https://user:pass@host/repo.git#main", "https://***@host/repo.git#main"},
      {"https://TOKEN@host", "https://***@host"},
      {"https://a@b:c@host?x=1", "https://***@host?x=1"},
      {"https://host/a@b", "https://host/a@b"},
      {"https://host/f?sig=a%20b&v=1", "https://host/f?sig=***&v=1"},
      {"https://host/f?v=1&X-Amz-Signature=ab&X-Amz-Credential=cd#top",
       "https://host/f?v=1&X-Amz-Signature=***&X-Amz-Credential=***#top"},
      {"https://host/f?design=a&signal=b&flag&access_token=",
       "https://host/f?design=a&signal=b&flag&access_token=***"},
      {"https://host/f?next=http://u:p@other/", "https://host/f?next=http://***@other/"},
      {"ssh://git@host/repo and git@host:repo", "ssh://git@host/repo and git@host:repo"},
      {"a?token=b", "a?token=b"},
      {"fatal: unable to access 'https://u:p@h/r?token=t': no\n\tx@y ",
       "fatal: unable to access 'https://***@h/r?token=***': no\n\tx@y "},
  };
  for (const auto& [text, shown] : cases) CHECK(base::hide_secrets(text) == shown);
}

TEST_CASE("a place on another machine has a user, a host and a path") {
  for (const char* text : {"git@host:repo", "bob@127.0.0.1:df.git#v1:sub", "a_b-c.d@h:"})
    CHECK(base::is_scp_address(text));
  for (const char* text : {"", "host:repo", "bob@host", "@host:repo", "bob@:repo", "./bob@host:repo",
                           "a b@host:repo", "bob@-x y:repo", "https://bob@host:80/repo"})
    CHECK_FALSE(base::is_scp_address(text));
}
