// SPDX-License-Identifier: Apache-2.0
// Addresses are read by libcurl as they are here: credentials and trust are for a host by its name.
#include <dlfcn.h>

#include <array>
#include <map>
#include <optional>
#include <string>

#include <catch2/catch.hpp>

#include "base/address.h"
#include "base/split.h"
#include "runtime/registry/curl_library.h"

namespace {

/// libcurl's own reader of addresses.
class CurlReader {
 public:
  using Parts = std::map<CURLUPart, std::string>;

  /// Nothing when it refuses the text.
  std::optional<Parts> read(const std::string& text) const {
    CURLU* const handle = make_();
    std::optional<Parts> out;
    if (set_(handle, CURLUPART_URL, text.c_str(), 0) == CURLUE_OK) {
      out.emplace();
      for (const auto part : {CURLUPART_SCHEME, CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_HOST,
                                   CURLUPART_PORT, CURLUPART_PATH}) {
        char* value = nullptr;
        const bool login = part == CURLUPART_USER || part == CURLUPART_PASSWORD;
        if (get_(handle, part, &value, login ? CURLU_URLDECODE : 0) != CURLUE_OK) continue;
        (*out)[part] = value;
        free_(value);
      }
    }
    cleanup_(handle);
    return out;
  }

 private:
  template <class Function>
  static Function* find(const char* name) {
    // Loaded by load() already.
    void* const library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_NOLOAD);
    REQUIRE(library != nullptr);
    auto* const found = reinterpret_cast<Function*>(::dlsym(library, name));
    REQUIRE(found != nullptr);
    return found;
  }

  const bool loaded_ = runtime::registry::CurlLibrary::load().has_value();
  decltype(&::curl_url) make_ = find<decltype(::curl_url)>("curl_url");
  decltype(&::curl_url_set) set_ = find<decltype(::curl_url_set)>("curl_url_set");
  decltype(&::curl_url_get) get_ = find<decltype(::curl_url_get)>("curl_url_get");
  decltype(&::curl_url_cleanup) cleanup_ = find<decltype(::curl_url_cleanup)>("curl_url_cleanup");
  decltype(&::curl_free) free_ = find<decltype(::curl_free)>("curl_free");
};

/// libcurl writes addresses of version 4 in their usual form.
bool is_number(const std::string& host) { return host.find_first_not_of("0123456789.") == std::string::npos; }

void compare(const CurlReader& curl, const std::string& text, std::size_t& agreed) {
  const auto ours = base::parse_address(text);
  if (!ours) return;
  INFO(text);
  const auto as_written = curl.read(text), rewritten = curl.read(ours->text());
  REQUIRE(rewritten);
  for (const auto& theirs : {as_written, rewritten}) {
    if (!theirs) continue;
    const auto part = [&](CURLUPart name) {
      const auto found = theirs->find(name);
      return found == theirs->end() ? std::string() : found->second;
    };
    const std::string host = base::to_lower(part(CURLUPART_HOST));
    if (!is_number(ours->host) && host != ours->host) FAIL(host + " is not " + ours->host);
    if (part(CURLUPART_PORT) != ours->port) FAIL(part(CURLUPART_PORT) + " is not " + ours->port);
    if (part(CURLUPART_USER) != ours->user) FAIL(part(CURLUPART_USER) + " is not " + ours->user);
    if (part(CURLUPART_PASSWORD) != ours->password.value_or("")) FAIL(part(CURLUPART_PASSWORD));
    ++agreed;
  }
}

}  // namespace

TEST_CASE("libcurl contacts the host that an address has here, whatever stands around it") {
  const CurlReader curl;
  constexpr std::array kPieces = {
      "good.example", "Evil.example", "@", "\\", "#", "?", "/", ":", "80",   "[::1]", ".",  ";",
      "%40",          "%2f",          "&", "//", "'", "-", "_", "*", "%00x", "~",     "%zz"};
  std::size_t agreed = 0;
  for (const char* a : kPieces)
    for (const char* b : kPieces)
      for (const char* c : kPieces)
        for (const char* d : kPieces)
          compare(curl, std::string("https://") + a + b + c + d + "@good.example/x", agreed);
  for (const char* a : kPieces)
    for (const char* b : kPieces)
      for (const char* c : kPieces) compare(curl, std::string("HTTP://") + a + b + c, agreed);
  // Most are of no use to anybody; these are.
  CHECK(agreed > 50'000);
}
