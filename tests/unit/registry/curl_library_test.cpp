// SPDX-License-Identifier: Apache-2.0
#include "runtime/registry/curl_library.h"

#include <cstdarg>
#include <vector>

#include <catch2/catch.hpp>

using namespace runtime::registry;

namespace {

std::vector<CURLoption> asked;

/// As libcurl was before 7.85.
CURLcode set_in_older(CURL*, CURLoption option, ...) {
  asked.push_back(option);
  if (option != CURLOPT_PROTOCOLS) return CURLE_UNKNOWN_OPTION;
  va_list rest;
  va_start(rest, option);
  const long protocols = va_arg(rest, long);
  va_end(rest);
  return protocols == (CURLPROTO_HTTP | CURLPROTO_HTTPS) ? CURLE_OK : CURLE_BAD_FUNCTION_ARGUMENT;
}

CURLcode set_nothing(CURL*, CURLoption, ...) { return CURLE_UNKNOWN_OPTION; }

}  // namespace

TEST_CASE("a handle is limited to HTTP by whichever option its library knows, else refused") {
  const CurlLibrary& curl = *CurlLibrary::load().value();
  CURL* handle = curl.easy_init();
  REQUIRE(limit_protocols(curl, handle) == CURLE_OK);
  curl.easy_setopt(handle, CURLOPT_URL, "file:///etc/hostname");
  CHECK(curl.easy_perform(handle) == CURLE_UNSUPPORTED_PROTOCOL);
  curl.easy_cleanup(handle);

  CurlLibrary older;
  older.easy_setopt = set_in_older;
  CHECK(limit_protocols(older, nullptr) == CURLE_OK);
  CHECK(asked == std::vector<CURLoption>{CURLOPT_PROTOCOLS_STR, CURLOPT_PROTOCOLS});
  CurlLibrary none;
  none.easy_setopt = set_nothing;
  CHECK(limit_protocols(none, nullptr) == CURLE_UNKNOWN_OPTION);
}
