// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"

namespace runtime::registry {

/// What to trust and how to show who we are, for one host.
struct TlsSettings {
  std::string authorities;       ///< PEM of certificates trusted beside the system's; may be empty.
  std::string certificate_file;  ///< Client certificate, PEM; may be empty.
  std::string key_file;          ///< Its key.
  bool verify = true;
  bool operator==(const TlsSettings&) const = default;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  ///< "Name: value"
  std::string body;                  ///< Sent when not empty, or when the method is POST or PUT.
  /// A large body instead of `body`: fills some of the room, 0 at the end. Needs `body_size`.
  std::function<base::Result<std::size_t>(char* room, std::size_t size)> body_source;
  std::int64_t body_size = 0;
  bool follow_redirects = true;  ///< Never with credentials to another host, never from https to http.
};

struct HttpResponse {
  long status = 0;
  std::map<std::string, std::string> headers;  ///< Names in lower case; of the last answer.
  std::string body;                            ///< When no sink took it; at most kLargestBody bytes.
  std::chrono::seconds retry_after{0};         ///< RFC 9110, Retry-After: seconds or a date; 0 not told.

  /// The header's value, or "".
  std::string header(const std::string& lower_name) const;
};

/// Bytes of a body that a caller does not take piece by piece.
inline constexpr std::size_t kLargestBody = 8u << 20;

/// Takes a successful answer's body piece by piece. `status` and headers stand already.
using BodySink = std::function<base::Result<>(const HttpResponse& so_far, std::string_view data)>;

/// HTTP requests over libcurl, with kept connections. Safe for several threads, each request on its own
/// connection. Proxies come from the environment: see find_proxy().
class HttpTransport {
 public:
  explicit HttpTransport(TlsSettings tls) : tls_(std::move(tls)) {}
  ~HttpTransport();
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

  /// One request, no retry. An error when no answer came, or it broke off: Unavailable when trying again may
  /// help, Permission for certificates that are not trusted. An answer of any status is a success.
  base::Result<HttpResponse> perform(const HttpRequest& request, const BodySink& sink,
                                     const base::Cancellation& cancellation);

 private:
  void* take_handle();
  void give_back(void* handle);

  TlsSettings tls_;
  std::mutex mutex_;
  std::vector<void*> idle_;  ///< CURL handles with their connections.
};

/// How a URL is reached: HTTPS_PROXY or HTTP_PROXY by its scheme, else ALL_PROXY, each in capitals or small
/// letters; "" for none. Loopback is never behind a proxy. Hosts of NO_PROXY are left to libcurl.
std::string find_proxy(std::string_view url);
/// NO_PROXY in capitals or small letters.
std::string find_proxy_exceptions();

/// The part of a URL: "https", "host:port".
std::string scheme_of(std::string_view url);
std::string host_of(std::string_view url);

}  // namespace runtime::registry
