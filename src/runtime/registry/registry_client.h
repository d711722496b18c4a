// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/cancellation.h"
#include "base/result.h"
#include "base/sha256.h"
#include "model/digest.h"
#include "model/image_reference.h"
#include "runtime/registry/authorizer.h"
#include "runtime/registry/credentials.h"
#include "runtime/registry/http_transport.h"
#include "runtime/registry/manifest.h"
#include "runtime/registry/registry_options.h"

namespace runtime::registry {

/// A manifest or index as the registry has it; checked against its digest.
struct ManifestDocument {
  std::string media_type, json;
  model::Digest digest;
};

/// Takes a blob's bytes in order, each once.
using BlobSink = std::function<base::Result<>(std::string_view data)>;

/// What is there of a blob already, from its start: the length, and the digest so far.
struct BlobPrefix {
  std::int64_t size = 0;
  base::Sha256 hash;
};

/// A blob to send. `open` gives its bytes from the start, for each attempt anew.
struct BlobSource {
  model::Digest digest;
  std::int64_t size = 0;
  using Reader = std::function<base::Result<std::size_t>(char* room, std::size_t size)>;
  std::function<base::Result<Reader>()> open;
};

/// What a registry's host is called in references and to `login`.
std::string registry_name(std::string_view host);

/// One registry at one address. OCI distribution-spec 1.1, Docker registry API V2. Safe for several threads.
/// Requests are tried again with growing pauses when that may help.
class RegistryClient {
 public:
  /// `address` is a host ("localhost:5000", "docker.io") or a URL, whose user and password then count. Finds
  /// out how to speak to it. Unavailable when nobody answers.
  static base::Result<std::unique_ptr<RegistryClient>> connect(std::string_view address,
                                                               const RegistryOptions& options,
                                                               std::optional<Credentials> credentials,
                                                               const base::Cancellation& cancellation);

  /// `name` is a tag or a digest. NotFound.
  base::Result<ManifestDocument> fetch_manifest(const std::string& repository, const std::string& name);
  /// All tags of the repository, sorted. OCI distribution-spec: Listing Tags. NotFound: no such repository.
  base::Result<std::vector<std::string>> list_tags(const std::string& repository);
  /// Streams a blob, or what comes after `prefix` of it. Goes on where a connection broke. Invalid when size
  /// or digest are not the descriptor's: nothing given to `sink`, and no prefix, may be used then.
  base::Result<> fetch_blob(const std::string& repository, const Descriptor& blob, const BlobSink& sink,
                            BlobPrefix prefix = {});
  /// A small blob at once.
  base::Result<std::string> read_blob(const std::string& repository, const Descriptor& blob,
                                      std::size_t limit);

  base::Result<bool> has_blob(const std::string& repository, const model::Digest& digest);
  /// Takes a blob over from another repository of the same registry; false when it does not do that.
  base::Result<bool> mount_blob(const std::string& repository, const model::Digest& digest,
                                const std::string& from);
  base::Result<> push_blob(const std::string& repository, const BlobSource& blob);
  base::Result<> push_manifest(const std::string& repository, const std::string& name,
                               const ManifestDocument& document);

  /// Whether the credentials are taken: for `login`. A refresh token that can be kept in their place, or "".
  base::Result<std::string> check_access();
  std::string url() const { return address_.origin(); }

 private:
  RegistryClient(base::Address address, RegistryOptions options, std::optional<Credentials> credentials,
                 base::Cancellation cancellation);
  base::Result<long> reach(int attempts);
  bool leads_here(std::string_view url) const;
  base::Result<HttpResponse> perform(HttpRequest request, const std::string& scope,
                                     const BodySink& sink = {});
  base::Result<HttpResponse> perform_patiently(const HttpRequest& request, const std::string& scope);
  base::Result<> pause(int attempt, const HttpResponse* response);
  base::Result<std::string> begin_upload(const std::string& repository);
  std::string next_page(const HttpResponse& response) const;
  base::Error make_answer_error(const HttpRequest& request, const HttpResponse& response) const;

  base::Address address_;  ///< Of the host alone.
  RegistryOptions options_;
  base::Cancellation cancellation_;
  HttpTransport transport_;
  Authorizer authorizer_;
};

/// The clients to try in turn for pulling `reference`: its mirrors, then its registry. At least one.
base::Result<std::vector<std::unique_ptr<RegistryClient>>> connect_for_pull(
    const model::ImageReference& reference, const RegistryOptions& options,
    const base::Cancellation& cancellation);

/// Checks the credentials with the registry and stores them.
base::Result<> login(std::string_view registry, const Credentials& credentials,
                     const RegistryOptions& options, const base::Cancellation& cancellation);
base::Result<> logout(std::string_view registry, const RegistryOptions& options);

}  // namespace runtime::registry
