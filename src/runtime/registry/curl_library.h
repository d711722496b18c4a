// SPDX-License-Identifier: Apache-2.0
#pragma once

#define CURL_DISABLE_TYPECHECK
#define CURL_DISABLE_DEPRECATION
#include <curl/curl.h>

#include "base/result.h"

namespace runtime::registry {

/// The functions of libcurl that are used, loaded when a registry is first spoken to: linking it would load
/// some thirty libraries at the start of every command.
struct CurlLibrary {
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_reset) easy_reset = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  CURLcode (*easy_setopt)(CURL*, CURLoption, ...) = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  CURLcode (*easy_getinfo)(CURL*, CURLINFO, ...) = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;

  /// Unsupported with a hint when libcurl is not installed. Safe from several threads.
  static base::Result<const CurlLibrary*> load();
};

/// Lets the handle speak HTTP and HTTPS only, by the option that its libcurl knows: the one with names is
/// there since 7.85. Anything but CURLE_OK: nothing may be requested with it.
CURLcode limit_protocols(const CurlLibrary& curl, CURL* handle);

}  // namespace runtime::registry
