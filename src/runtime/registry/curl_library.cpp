// SPDX-License-Identifier: Apache-2.0
#include "runtime/registry/curl_library.h"

#include <array>

#include "sys/shared_library.h"

namespace runtime::registry {
namespace {

bool find_all(const sys::SharedLibrary& library, CurlLibrary& curl) {
  return library.find("curl_global_init", curl.global_init) &&
         library.find("curl_easy_init", curl.easy_init) && library.find("curl_easy_reset", curl.easy_reset) &&
         library.find("curl_easy_cleanup", curl.easy_cleanup) &&
         library.find("curl_easy_setopt", curl.easy_setopt) &&
         library.find("curl_easy_perform", curl.easy_perform) &&
         library.find("curl_easy_getinfo", curl.easy_getinfo) &&
         library.find("curl_easy_strerror", curl.easy_strerror) &&
         library.find("curl_slist_append", curl.slist_append) &&
         library.find("curl_slist_free_all", curl.slist_free_all);
}

CurlLibrary load_once() {
  constexpr std::array<const char*, 3> kNames{"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl-nss.so.4"};
  for (const char* name : kNames) {
    const auto library = sys::SharedLibrary::open(name);
    CurlLibrary curl;
    if (library && find_all(*library, curl) && curl.global_init(CURL_GLOBAL_ALL) == CURLE_OK) return curl;
  }
  return {};
}

}  // namespace

base::Result<const CurlLibrary*> CurlLibrary::load() {
  static const CurlLibrary loaded = load_once();
  if (loaded.easy_init != nullptr) return &loaded;
  return base::fail(
      base::make_error(base::ErrorClass::Unsupported, "registries need libcurl, which is not installed")
          .with_hint("install it: apt-get install libcurl4"));
}

CURLcode limit_protocols(const CurlLibrary& curl, CURL* handle) {
  if (curl.easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK) return CURLE_OK;
  return curl.easy_setopt(handle, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
}

}  // namespace runtime::registry
