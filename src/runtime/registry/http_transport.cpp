// SPDX-License-Identifier: Apache-2.0
#include "runtime/registry/http_transport.h"

#include <chrono>
#include <cstdlib>
#include <thread>

#include <fmt/format.h>

#include "base/address.h"
#include "base/address_text.h"
#include "base/split.h"
#include "runtime/registry/curl_library.h"
#include "runtime/registry/registry_options.h"
#include "sys/file.h"
#include "sys/host_lookup.h"

namespace runtime::registry {
namespace {

constexpr long kConnectTimeoutSeconds = 20;
constexpr long kStalledSeconds = 30;  ///< Below 1 byte a second for so long: given up.
constexpr int kMostRedirects = 5;
constexpr const char* kSystemAuthorities = "/etc/ssl/certs/ca-certificates.crt";

/// One transfer's state, given to libcurl's callbacks.
struct Transfer {
  const CurlLibrary& curl;
  CURL* handle;
  const HttpRequest& request;
  const base::Address& address;  ///< The request's.
  const BodySink& sink;
  const base::Cancellation& cancellation;
  HttpResponse response;
  base::Result<> failure;       ///< Of a sink or a source.
  CURLcode setting = CURLE_OK;  ///< What the first option that was refused got for an answer.

  template <typename Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl.easy_setopt(handle, option, value);
    if (setting == CURLE_OK) setting = code;
  }
  /// The size of a buffer cannot be set on a handle that has one still, after a transfer that failed.
  void wish(CURLoption option, long size) { static_cast<void>(curl.easy_setopt(handle, option, size)); }
};

std::string describe(const HttpRequest& request) {
  return fmt::format("{} {}", request.method, base::hide_secrets(request.url));
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line = base::trim(std::string_view(data, size));
  if (line.starts_with("HTTP/")) {
    // A new answer begins: the one after 100 Continue, or after a proxy's.
    transfer.response.headers.clear();
    transfer.response.body.clear();
    return size;
  }
  constexpr std::size_t kMostHeaders = 200;
  const auto [name, value] = base::split_once(line, ':');
  if (!name.empty() && transfer.response.headers.size() < kMostHeaders) {
    transfer.response.headers[base::to_lower(name)] = base::trim(value);
  }
  return size;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view piece(data, size);
  long status = 0;
  transfer.curl.easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = status;
  const bool redirect = status >= 300 && status < 400;
  if (redirect) return size;
  // libcurl asks on_progress about once a second when data flows.
  if (transfer.cancellation.requested()) return 0;
  if (transfer.sink && status >= 200 && status < 300) {
    transfer.failure = transfer.sink(transfer.response, piece);
    return transfer.failure ? size : 0;
  }
  if (transfer.response.body.size() + size > kLargestBody) {
    transfer.failure = base::fail(
        base::ErrorClass::Invalid,
        fmt::format("{}: the answer is larger than {} bytes", describe(transfer.request), kLargestBody));
    return 0;
  }
  transfer.response.body += piece;
  return size;
}

std::size_t on_upload(char* room, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const auto count = transfer.request.body_source(room, size);
  if (count) return *count;
  transfer.failure = base::fail(count.error());
  return CURL_READFUNC_ABORT;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(user)->cancellation.requested() ? 1 : 0;
}

/// TLS alerts of a server that did not get the client's certificate, or one it does not know. RFC 8446, 6.2.
bool asks_for_certificate(std::string_view why) {
  return why.find("alert certificate required") != std::string_view::npos ||
         why.find("alert bad certificate") != std::string_view::npos ||
         why.find("alert unknown ca") != std::string_view::npos;
}

std::string certificate_hint(std::string_view why, const std::string& server) {
  if (why.find("expired") != std::string_view::npos || why.find("not yet valid") != std::string_view::npos)
    return "the server's certificate is out of date, or this machine's clock is wrong";
  if (why.find("subject name") != std::string_view::npos)
    return "the server's certificate is for another name: use that one";
  return fmt::format("put the authority's certificate into /etc/docker/certs.d/{}/ca.crt", server);
}

base::Error make_transfer_error(const Transfer& transfer, CURLcode code, const char* details) {
  const std::string why = details[0] != '\0' ? details : transfer.curl.easy_strerror(code);
  base::ErrorClass error_class = base::ErrorClass::Unavailable;
  std::string hint;
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      error_class = base::ErrorClass::Permission;
      hint = certificate_hint(why, transfer.address.server());
      break;
    case CURLE_COULDNT_RESOLVE_PROXY:
      error_class = base::ErrorClass::Invalid;
      hint = "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names it";
      break;
    case CURLE_COULDNT_RESOLVE_HOST:
      // perform_patient_of_names() has asked again where that could help: who is offline should not wait
      // more.
      error_class = base::ErrorClass::Invalid;
      hint =
          "check the connection and the name's spelling: with a dot or a port in it, what stands before the "
          "first \"/\" is the registry's host";
      break;
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: error_class = base::ErrorClass::Invalid; break;
    case CURLE_OUT_OF_MEMORY:
      // So libcurl calls a line of a header that is longer than it takes.
      error_class = base::ErrorClass::Invalid;
      hint = "the answer may have a header that is too long";
      break;
    case CURLE_OPERATION_TIMEDOUT: error_class = base::ErrorClass::TimedOut; break;
    case CURLE_ABORTED_BY_CALLBACK: error_class = base::ErrorClass::Cancelled; break;
    default:
      if (!asks_for_certificate(why)) break;
      error_class = base::ErrorClass::Permission;
      hint = fmt::format("it asks who you are: client.cert and client.key belong into /etc/docker/certs.d/{}",
                         transfer.address.server());
  }
  return base::make_error(error_class,
                          fmt::format("{}: {}", describe(transfer.request), base::hide_secrets(why)))
      .with_hint(hint);
}

/// Whether the answer is a redirect that the request may follow.
bool leads_on(const HttpRequest& request, const HttpResponse& response) {
  const bool keeps_method = response.status == 307 || response.status == 308;
  const bool other = response.status == 301 || response.status == 302 || response.status == 303;
  if (response.redirect.empty() || (!keeps_method && !other)) return false;
  if (request.method == "GET" || request.method == "HEAD") return true;
  // A body may hold a secret, and one from a source is used up.
  if (!keeps_method || request.body_source) return false;
  const auto from = base::parse_address(request.url), to = base::parse_address(response.redirect);
  return from && to && from->is_same_server(*to);
}

base::Result<> follow(HttpRequest& request, const std::string& redirect) {
  const base::Address from = TRY(base::parse_address(request.url));
  base::Address to = TRY_WHILE(base::parse_address(redirect), "following a redirect of " + from.server());
  if (from.scheme == "https" && to.scheme != "https") {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("{}: it leads to {}, without encryption", describe(request), to.server()));
  }
  if (!from.is_same_server(to)) {
    std::erase_if(request.headers, [](const std::string& header) {
      return base::to_lower(header).starts_with("authorization:");
    });
  } else if (!to.has_login()) {
    to.user = from.user;
    to.password = from.password;
  }
  request.url = to.text();
  return {};
}

/// Everything beside the body's direction.
void set_options(Transfer& transfer, const TlsSettings& tls, curl_slist* headers, char* details) {
  transfer.set(CURLOPT_URL, transfer.address.text().c_str());
  // Set even when empty: libcurl's own look at the environment knows HTTP_PROXY in small letters only.
  transfer.set(CURLOPT_PROXY, find_proxy(transfer.address).c_str());
  transfer.set(CURLOPT_NOPROXY, find_proxy_exceptions().c_str());
  transfer.set(CURLOPT_CONNECTTIMEOUT, kConnectTimeoutSeconds);
  transfer.set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  transfer.set(CURLOPT_LOW_SPEED_TIME, kStalledSeconds);
  transfer.set(CURLOPT_NOSIGNAL, 1L);
  transfer.wish(CURLOPT_BUFFERSIZE, 512L * 1024);
  transfer.set(CURLOPT_HTTPHEADER, headers);
  transfer.set(CURLOPT_USERAGENT, "compose/1");
  transfer.set(CURLOPT_ERRORBUFFER, details);
  transfer.set(CURLOPT_HEADERFUNCTION, on_header);
  transfer.set(CURLOPT_HEADERDATA, &transfer);
  transfer.set(CURLOPT_WRITEFUNCTION, on_body);
  transfer.set(CURLOPT_WRITEDATA, &transfer);
  transfer.set(CURLOPT_XFERINFOFUNCTION, on_progress);
  transfer.set(CURLOPT_XFERINFODATA, &transfer);
  transfer.set(CURLOPT_NOPROGRESS, 0L);
  transfer.set(CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
  transfer.set(CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
  if (!tls.certificate_file.empty()) transfer.set(CURLOPT_SSLCERT, tls.certificate_file.c_str());
  if (!tls.key_file.empty()) transfer.set(CURLOPT_SSLKEY, tls.key_file.c_str());
}

/// The system's authorities and ours in one PEM: libcurl takes one or the other.
void set_authorities(Transfer& transfer, const TlsSettings& tls) {
  if (tls.authorities.empty()) return;
  std::string all = sys::read_file(kSystemAuthorities).value_or("");
  all += "\n" + tls.authorities;
  curl_blob blob{all.data(), all.size(), CURL_BLOB_COPY};
  transfer.set(CURLOPT_CAINFO_BLOB, &blob);
}

void set_body(Transfer& transfer) {
  const HttpRequest& request = transfer.request;
  const bool carries = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (request.method == "HEAD") {
    transfer.set(CURLOPT_NOBODY, 1L);
  } else if (request.body_source) {
    transfer.set(CURLOPT_UPLOAD, 1L);
    transfer.wish(CURLOPT_UPLOAD_BUFFERSIZE, 1024L * 1024);
    transfer.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body_size));
    transfer.set(CURLOPT_READFUNCTION, on_upload);
    transfer.set(CURLOPT_READDATA, &transfer);
  } else if (carries || !request.body.empty()) {
    transfer.set(CURLOPT_POST, 1L);
    transfer.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    transfer.set(CURLOPT_POSTFIELDS, request.body.c_str());
  }
  if (request.method != "HEAD") transfer.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

/// A name that no server could be asked for is asked for once more.
CURLcode perform_patient_of_names(const Transfer& transfer) {
  const CURLcode code = transfer.curl.easy_perform(transfer.handle);
  if (code != CURLE_COULDNT_RESOLVE_HOST || transfer.cancellation.requested()) return code;
  if (sys::look_up_host(std::string(without_port(transfer.address.host))) == sys::HostLookup::Unknown)
    return code;
  constexpr std::chrono::milliseconds kPause{500};
  std::this_thread::sleep_for(kPause);
  return transfer.curl.easy_perform(transfer.handle);
}

}  // namespace

std::string HttpResponse::header(const std::string& lower_name) const {
  const auto found = headers.find(lower_name);
  return found == headers.end() ? std::string() : found->second;
}

HttpTransport::~HttpTransport() {
  if (idle_.empty()) return;
  const auto curl = CurlLibrary::load();
  for (void* handle : idle_) (*curl)->easy_cleanup(handle);
}

void* HttpTransport::take_handle() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return nullptr;
  void* handle = idle_.back();
  idle_.pop_back();
  return handle;
}

void HttpTransport::give_back(void* handle) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(handle);
}

base::Result<TlsSettings> HttpTransport::tls_for(const std::string& host) {
  const std::lock_guard lock(mutex_);
  const auto known = tls_.find(host);
  if (known != tls_.end()) return known->second;
  return tls_.emplace(host, TRY(choose_tls_(host))).first->second;
}

base::Result<HttpResponse> HttpTransport::perform(const HttpRequest& request, const BodySink& sink,
                                                  const base::Cancellation& cancellation) {
  HttpRequest step = request;
  for (int redirects = 0;; ++redirects) {
    HttpResponse response = TRY(send(step, sink, cancellation));
    if (!request.follow_redirects || !leads_on(step, response)) return response;
    if (redirects == kMostRedirects) {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("{}: more than {} redirects", describe(request), kMostRedirects));
    }
    TRY(follow(step, response.redirect));
  }
}

base::Result<HttpResponse> HttpTransport::send(const HttpRequest& request, const BodySink& sink,
                                               const base::Cancellation& cancellation) {
  const base::Address address = TRY(base::parse_address(request.url));
  const std::string host = address.server();
  const TlsSettings tls = TRY(tls_for(host));
  if (address.scheme != "https" && !tls.unencrypted) {
    return base::fail(
        base::make_error(base::ErrorClass::Permission,
                         fmt::format("{} would be spoken to without encryption", host))
            .with_hint("name it in \"insecure\" of /etc/compose/registries.json to allow that"));
  }
  const CurlLibrary& curl = *TRY(CurlLibrary::load());
  void* handle = take_handle();
  if (handle == nullptr) handle = curl.easy_init();
  if (handle == nullptr) return base::fail(base::ErrorClass::Internal, "libcurl could not be set up");
  // Keeps the connections, forgets every option.
  curl.easy_reset(handle);
  Transfer transfer{curl, handle, request, address, sink, cancellation, {}, {}, CURLE_OK};
  curl_slist* headers = nullptr;
  // "Expect: 100-continue" would cost a round trip for each upload.
  headers = curl.slist_append(headers, "Expect:");
  for (const std::string& header : request.headers) headers = curl.slist_append(headers, header.c_str());
  char details[CURL_ERROR_SIZE] = "";
  set_options(transfer, tls, headers, details);
  set_authorities(transfer, tls);
  set_body(transfer);
  if (transfer.setting == CURLE_OK) transfer.setting = limit_protocols(curl, handle);
  const CURLcode code = transfer.setting == CURLE_OK ? perform_patient_of_names(transfer) : transfer.setting;
  long status = 0;
  curl.easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = status;
  transfer.response.url = request.url;
  const char* redirect = nullptr;
  curl.easy_getinfo(handle, CURLINFO_REDIRECT_URL, &redirect);
  if (redirect != nullptr) transfer.response.redirect = redirect;
  curl_off_t wait = 0;
  curl.easy_getinfo(handle, CURLINFO_RETRY_AFTER, &wait);
  transfer.response.retry_after = std::chrono::seconds(wait);
  curl.slist_free_all(headers);
  give_back(handle);
  if (!transfer.failure) return base::fail(transfer.failure.error());
  if (code != CURLE_OK && cancellation.requested()) {
    return base::fail(base::ErrorClass::Cancelled, fmt::format("{}: cancelled", describe(request)));
  }
  if (code != CURLE_OK) return base::fail(make_transfer_error(transfer, code, details));
  return std::move(transfer.response);
}

namespace {

std::string environment(const char* capitals, const char* small) {
  for (const char* name : {small, capitals}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

}  // namespace

std::string find_proxy(const base::Address& address) {
  if (address.is_loopback()) return "";
  const std::string own = address.scheme == "https" ? environment("HTTPS_PROXY", "https_proxy")
                                                    : environment("HTTP_PROXY", "http_proxy");
  return own.empty() ? environment("ALL_PROXY", "all_proxy") : own;
}

std::string find_proxy_exceptions() { return environment("NO_PROXY", "no_proxy"); }

}  // namespace runtime::registry
