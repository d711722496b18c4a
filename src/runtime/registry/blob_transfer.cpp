// SPDX-License-Identifier: Apache-2.0
// Blobs of a registry, both ways.
#include <fmt/format.h>

#include "base/address_text.h"
#include "runtime/registry/registry_client.h"
#include "runtime/registry/scopes.h"
#include "sys/sha256.h"

namespace runtime::registry {
namespace {

/// Counts and digests what arrives, in order, over several connections.
class Download {
 public:
  Download(const Descriptor& blob, const BlobSink& sink, BlobPrefix prefix)
      : blob_(blob), sink_(sink), hash_(std::move(prefix.hash)), received_(prefix.size) {}

  std::int64_t received() const { return received_; }
  void begin_connection() {
    passed_over_ = 0;
    started_ = false;
  }

  base::Result<> take(const HttpResponse& response, std::string_view data) {
    if (!started_) TRY(check_start(response));
    started_ = true;
    if (to_pass_over_ > passed_over_) {
      const auto count = std::min<std::int64_t>(to_pass_over_ - passed_over_, std::ssize(data));
      data.remove_prefix(static_cast<std::size_t>(count));
      passed_over_ += count;
    }
    if (data.empty()) return {};
    received_ += std::ssize(data);
    if (received_ > blob_.size) {
      return base::fail(base::ErrorClass::Invalid, fmt::format("{} has at least {} bytes, expected {}",
                                                               blob_.digest.text(), received_, blob_.size));
    }
    hash_.update(data);
    return sink_(data);
  }

  base::Result<> finish() {
    const std::string hex = hash_.finish_hex();
    if (hex == blob_.digest.hex()) return {};
    return base::fail(base::ErrorClass::Invalid, fmt::format("the content's digest is sha256:{}, expected {}",
                                                             hex, blob_.digest.text()));
  }

 private:
  /// A server may answer a Range with the whole: then what we have is passed over.
  base::Result<> check_start(const HttpResponse& response) {
    to_pass_over_ = received_;
    if (received_ == 0 || response.status != 206) return {};
    const std::string range = response.header("content-range");
    const std::string expected = fmt::format("bytes {}-", received_);
    if (!range.starts_with(expected)) {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("asked for {} from byte {}, got \"{}\"", blob_.digest.text(), received_,
                                    range.substr(0, 60)));
    }
    to_pass_over_ = 0;
    return {};
  }

  const Descriptor& blob_;
  const BlobSink& sink_;
  sys::Sha256 hash_;
  std::int64_t received_;
  std::int64_t to_pass_over_ = 0, passed_over_ = 0;
  bool started_ = false;
};

/// RFC 3986, 5.2: a scheme stands before everything else, so "://" in a query is none, and "//" before a
/// host.
std::string absolute(const base::Address& base, const std::string& location) {
  const std::size_t colon = location.find_first_of(":/?#");
  if (colon != std::string::npos && location.substr(colon).starts_with("://")) return location;
  if (location.starts_with("//")) return base.scheme + ":" + location;
  return base.origin() + (location.starts_with('/') ? "" : "/") + location;
}

}  // namespace

base::Result<> RegistryClient::fetch_blob(const std::string& repository, const Descriptor& blob,
                                          const BlobSink& sink, BlobPrefix prefix) {
  Download download(blob, sink, std::move(prefix));
  // Everything had arrived already.
  if (blob.size > 0 && download.received() == blob.size) return download.finish();
  const std::string scope = pull_scope(repository);
  for (int attempt = 1;;) {
    HttpRequest request;
    request.url = fmt::format("{}/v2/{}/blobs/{}", address_.origin(), repository, blob.digest.text());
    const std::int64_t before = download.received();
    if (before > 0) request.headers.push_back(fmt::format("Range: bytes={}-", before));
    download.begin_connection();
    const auto response = perform(request, scope, [&](const HttpResponse& so_far, std::string_view data) {
      return download.take(so_far, data);
    });
    const bool served = response && (response->status == 200 || response->status == 206);
    if (served && download.received() == blob.size) return download.finish();
    // The descriptor's size is what it says: an answer that ends early is one that broke off.
    base::Error error =
        !response ? response.error()
        : served  ? base::make_error(base::ErrorClass::Unavailable,
                                     fmt::format("{} has only {} bytes, expected {}", blob.digest.text(),
                                                 download.received(), blob.size))
                  : make_answer_error(request, *response);
    const bool again =
        error.error_class == base::ErrorClass::Unavailable || error.error_class == base::ErrorClass::TimedOut;
    if (!again) return base::fail(std::move(error));
    // Progress earns new patience: a bad line still brings a large layer home.
    attempt = download.received() > before ? 1 : attempt + 1;
    if (attempt > options_.attempts) return base::fail(std::move(error));
    TRY(pause(attempt, response ? &*response : nullptr));
  }
}

base::Result<std::string> RegistryClient::read_blob(const std::string& repository, const Descriptor& blob,
                                                    std::size_t limit) {
  if (blob.size > static_cast<std::int64_t>(limit)) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("{} is larger than {} bytes", blob.digest.text(), limit));
  }
  std::string out;
  TRY(fetch_blob(repository, blob, [&](std::string_view data) -> base::Result<> {
    out += data;
    return {};
  }));
  return out;
}

base::Result<bool> RegistryClient::has_blob(const std::string& repository, const model::Digest& digest) {
  HttpRequest request;
  request.method = "HEAD";
  request.url = fmt::format("{}/v2/{}/blobs/{}", address_.origin(), repository, digest.text());
  const HttpResponse response = TRY(perform_patiently(request, push_scope(repository)));
  if (response.status == 200) return true;
  if (response.status == 404) return false;
  return base::fail(make_answer_error(request, response));
}

base::Result<bool> RegistryClient::mount_blob(const std::string& repository, const model::Digest& digest,
                                              const std::string& from) {
  HttpRequest request;
  request.method = "POST";
  request.url = fmt::format("{}/v2/{}/blobs/uploads/?mount={}&from={}", address_.origin(), repository,
                            escape_query(digest.text()), escape_query(from));
  const HttpResponse response = TRY(perform_patiently(request, push_scope(repository)));
  if (response.status == 201) return true;
  // 202: it would rather have the bytes. The upload it opened ends by itself.
  if (response.status == 202 || response.status == 404 || response.status == 403) return false;
  return base::fail(make_answer_error(request, response));
}

base::Result<std::string> RegistryClient::begin_upload(const std::string& repository) {
  HttpRequest request;
  request.method = "POST";
  request.url = fmt::format("{}/v2/{}/blobs/uploads/", address_.origin(), repository);
  const HttpResponse response = TRY(perform_patiently(request, push_scope(repository)));
  const std::string location = response.header("location");
  if (response.status != 202) return base::fail(make_answer_error(request, response));
  if (location.empty())
    return base::fail(base::ErrorClass::Invalid, "the registry opened an upload without saying where");
  const std::string place = absolute(address_, location);
  const base::Address address = TRY(base::parse_address(place));
  if (address.scheme != "https" && address.scheme != address_.scheme) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("the registry sends the upload to an unsafe place: {}",
                                  base::hide_secrets(place).substr(0, 200)));
  }
  return place;
}

base::Result<> RegistryClient::push_blob(const std::string& repository, const BlobSource& blob) {
  for (int attempt = 1;; ++attempt) {
    auto location = begin_upload(repository);
    if (!location) return base::fail(location.error());
    HttpRequest request;
    request.method = "PUT";
    request.url =
        fmt::format("{}{}digest={}", *location, location->find('?') == std::string::npos ? "?" : "&",
                    escape_query(blob.digest.text()));
    request.headers = {"Content-Type: application/octet-stream"};
    request.body_size = blob.size;
    request.body_source = TRY(blob.open());
    request.follow_redirects = false;
    const auto response = perform(request, push_scope(repository));
    if (response && response->status == 201) return {};
    base::Error error = response ? make_answer_error(request, *response) : response.error();
    const bool again =
        error.error_class == base::ErrorClass::Unavailable || error.error_class == base::ErrorClass::TimedOut;
    if (!again || attempt >= options_.attempts) return base::fail(std::move(error));
    TRY(pause(attempt, response ? &*response : nullptr));
  }
}

base::Result<> RegistryClient::push_manifest(const std::string& repository, const std::string& name,
                                             const ManifestDocument& document) {
  HttpRequest request;
  request.method = "PUT";
  request.url = fmt::format("{}/v2/{}/manifests/{}", address_.origin(), repository, name);
  request.headers = {"Content-Type: " + document.media_type};
  request.body = document.json;
  const HttpResponse response = TRY(perform_patiently(request, push_scope(repository)));
  if (response.status == 201 || response.status == 200) return {};
  return base::fail(make_answer_error(request, response));
}

}  // namespace runtime::registry
