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
      {"https://user:pa/ss@host/x", "https://***@host/x"},
      {"https://user:p?a#s@host/x", "https://***@host/x"},
      {"https://host:80/a@b", "https://host:80/a@b"},
      {"https://[::1]:80/a@b", "https://[::1]:80/a@b"},
      {"https://good.example\\@evil.example/", "https://***@evil.example/"},
      {"https://good.example#@evil.example/", "https://good.example#@evil.example/"},
      {"fatal: unable to access 'https://u:p@h/r?token=t': no\n\tx@y ",
       "fatal: unable to access 'https://***@h/r?token=***': no\n\tx@y "},
  };
  for (const auto& [text, shown] : cases) CHECK(base::hide_secrets(text) == shown);
}
