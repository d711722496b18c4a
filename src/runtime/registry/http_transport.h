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

#include "base/address.h"
#include "base/cancellation.h"
#include "base/result.h"

namespace runtime::registry {

/// What to trust and how to show who we are, for one host.
struct TlsSettings {
  std::string authorities;       ///< PEM of certificates trusted beside the system's; may be empty.
  std::string certificate_file;  ///< Client certificate, PEM; may be empty.
  std::string key_file;          ///< Its key.
  bool verify = true;
  bool unencrypted = false;  ///< Whether http:// may be used with this host.
  bool operator==(const TlsSettings&) const = default;
};

/// The settings for "host" or "host:port". Asked once for each.
using TlsChooser = std::function<base::Result<TlsSettings>(const std::string& host)>;

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  ///< "Name: value"
  std::string body;                  ///< Sent when not empty, or when the method is POST or PUT.
  /// A large body instead of `body`: fills some of the room, 0 at the end. Needs `body_size`.
  std::function<base::Result<std::size_t>(char* room, std::size_t size)> body_source;
  std::int64_t body_size = 0;
  /// GET and HEAD anywhere, never with credentials to another host, never from https to http; others on the
  /// same host only.
  bool follow_redirects = true;
};

struct HttpResponse {
  long status = 0;
  std::string url;                             ///< Who answered: another one than asked after a redirect.
  std::string redirect;                        ///< The address that this answer leads to; "": nowhere.
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
/// connection. Proxies come from the environment: see find_proxy(). Proxy and TLS settings are those of the
/// host that is spoken to, for each step of a redirect anew.
class HttpTransport {
 public:
  explicit HttpTransport(TlsChooser choose_tls) : choose_tls_(std::move(choose_tls)) {}
  ~HttpTransport();
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

  /// One request, no retry. An error when no answer came, or it broke off: Unavailable when trying again may
  /// help, Permission for certificates that are not trusted and for a host that may not be spoken to without
  /// encryption. An answer of any status is a success.
  base::Result<HttpResponse> perform(const HttpRequest& request, const BodySink& sink,
                                     const base::Cancellation& cancellation);

 private:
  base::Result<HttpResponse> send(const HttpRequest& request, const BodySink& sink,
                                  const base::Cancellation& cancellation);
  base::Result<TlsSettings> tls_for(const std::string& host);
  void* take_handle();
  void give_back(void* handle);

  TlsChooser choose_tls_;
  std::mutex mutex_;                        ///< Guards what follows.
  std::map<std::string, TlsSettings> tls_;  ///< By host.
  std::vector<void*> idle_;                 ///< CURL handles with their connections.
};

/// How an address is reached: HTTPS_PROXY or HTTP_PROXY by its scheme, else ALL_PROXY, each in capitals or
/// small letters; "" for none. Loopback is never behind a proxy. Hosts of NO_PROXY are left to libcurl.
std::string find_proxy(const base::Address& address);
/// NO_PROXY in capitals or small letters.
std::string find_proxy_exceptions();

}  // namespace runtime::registry
