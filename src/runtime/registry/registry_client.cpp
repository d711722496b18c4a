// SPDX-License-Identifier: Apache-2.0
#include "runtime/registry/registry_client.h"

#include <thread>

#include <fmt/format.h>

#include "base/address_text.h"
#include "runtime/registry/answers.h"
#include "runtime/registry/scopes.h"
#include "sys/sha256.h"

namespace runtime::registry {
namespace {

bool may_help_to_retry(const base::Error& error) {
  return error.error_class == base::ErrorClass::Unavailable ||
         error.error_class == base::ErrorClass::TimedOut;
}

bool may_help_to_retry(long status) { return status == 408 || status == 429 || status >= 500; }

std::string accept_header() {
  return fmt::format("Accept: {}, {}, {}, {}", media_type::kOciIndex, media_type::kDockerList,
                     media_type::kOciManifest, media_type::kDockerManifest);
}

constexpr std::string_view kHub = "docker.io", kHubApi = "registry-1.docker.io";

/// Docker Hub's API is not where its name points.
std::string api_host(std::string_view registry) { return std::string(registry == kHub ? kHubApi : registry); }

bool is_schema_one(std::string_view media_type) {
  return media_type.starts_with("application/vnd.docker.distribution.manifest.v1+");
}

}  // namespace

std::string registry_name(std::string_view host) { return std::string(host == kHubApi ? kHub : host); }

RegistryClient::RegistryClient(base::Address address, RegistryOptions options,
                               std::optional<Credentials> credentials, base::Cancellation cancellation)
    : address_(std::move(address)),
      options_(std::move(options)),
      cancellation_(std::move(cancellation)),
      transport_([this](const std::string& host) { return find_tls(options_, host); }),
      authorizer_(transport_, std::move(credentials)) {}

base::Result<std::unique_ptr<RegistryClient>> RegistryClient::connect(
    std::string_view address, const RegistryOptions& options, std::optional<Credentials> credentials,
    const base::Cancellation& cancellation) {
  const bool is_url = address.find("://") != std::string_view::npos;
  base::Address server =
      TRY(base::parse_address(is_url ? std::string(address) : "https://" + api_host(address)));
  if (server.has_login()) credentials = Credentials{server.user, server.password.value_or(""), ""};
  server = server.without_login();
  std::vector<std::string> schemes{server.scheme};
  if (!is_url && TRY(find_tls(options, server.server())).unencrypted) schemes.push_back("http");
  base::Error error;
  for (std::size_t i = 0; i < schemes.size(); ++i) {
    server.scheme = schemes[i];
    std::unique_ptr<RegistryClient> client(new RegistryClient(server, options, credentials, cancellation));
    // The last way of speaking gets the patience; before it a refusal is an answer.
    const auto status = client->reach(i + 1 == schemes.size() ? options.attempts : 1);
    if (status && *status == 400 && i == 1) {
      // So a server answers that wants encryption: that is the only way, and why it fails is what there is to
      // say.
      schemes.push_back(schemes.front());
      continue;
    }
    if (status) return client;
    error = status.error();
    if (error.error_class == base::ErrorClass::Cancelled) break;
  }
  return base::fail(std::move(error));
}

/// Any answer will do, "401 Unauthorized" too: somebody is there and speaks like this.
base::Result<long> RegistryClient::reach(int attempts) {
  HttpRequest request;
  request.url = address_.origin() + "/v2/";
  for (int attempt = 1;; ++attempt) {
    const auto response = transport_.perform(request, {}, cancellation_);
    if (response) return response->status;
    if (attempt >= attempts || !may_help_to_retry(response.error())) return base::fail(response.error());
    TRY(pause(attempt, nullptr));
  }
}

bool RegistryClient::leads_here(std::string_view url) const {
  const auto address = base::parse_address(url);
  return address && address->is_same_server(address_);
}

base::Result<HttpResponse> RegistryClient::perform(HttpRequest request, const std::string& scope,
                                                   const BodySink& sink) {
  const std::vector<std::string> headers = request.headers;
  const bool own_host = leads_here(request.url);
  constexpr int kMostChallenges = 2;  // One for a first token, one for a token that went stale.
  for (int challenges = 0;; ++challenges) {
    request.headers = headers;
    // An upload's address may lie on another host, which has no business with our credentials.
    const std::string authorization = own_host ? authorizer_.header_for(scope) : std::string();
    if (!authorization.empty()) request.headers.push_back(authorization);
    HttpResponse response = TRY(transport_.perform(request, sink, cancellation_));
    // Whom a redirect led to has no business with them either.
    if (response.status != 401 || !own_host || !leads_here(response.url)) return response;
    const auto challenge = parse_challenge(response.header("www-authenticate"));
    if (!challenge || challenges == kMostChallenges) return base::fail(make_answer_error(request, response));
    TRY(authorizer_.answer(address_, *challenge, scope, authorization, cancellation_));
    if (request.body_source)
      return base::fail(base::ErrorClass::Unavailable, "the upload must begin anew with a fresh token");
  }
}

base::Result<HttpResponse> RegistryClient::perform_patiently(const HttpRequest& request,
                                                             const std::string& scope) {
  for (int attempt = 1;; ++attempt) {
    auto response = perform(request, scope);
    const bool again = response ? may_help_to_retry(response->status) : may_help_to_retry(response.error());
    if (!again || attempt >= options_.attempts) return response;
    TRY(pause(attempt, response ? &*response : nullptr));
  }
}

base::Result<> RegistryClient::pause(int attempt, const HttpResponse* response) {
  std::chrono::milliseconds length = options_.first_pause * (1 << (attempt - 1));
  if (response != nullptr && response->retry_after.count() > 0) length = response->retry_after;
  // A server may not hold us longer: who asks for more is believed, and not asked again.
  constexpr std::chrono::minutes kLongestWait{1};
  if (response != nullptr && length > kLongestWait) {
    const std::string said = describe_errors(response->body);
    return base::fail(base::make_error(base::ErrorClass::Unavailable,
                                       fmt::format("{} answers {}{}{}", address_.server(), response->status,
                                                   said.empty() ? "" : ": ", said))
                          .with_hint(fmt::format("it asks to be left alone for {} seconds",
                                                 response->retry_after.count())));
  }
  constexpr std::chrono::milliseconds kSlice{50};
  for (auto left = length; left > left.zero(); left -= kSlice) {
    if (cancellation_.requested())
      return base::fail(base::ErrorClass::Cancelled, "cancelled while waiting for a registry");
    std::this_thread::sleep_for(std::min(left, kSlice));
  }
  return {};
}

base::Error RegistryClient::make_answer_error(const HttpRequest& request,
                                              const HttpResponse& response) const {
  const std::string said = describe_errors(response.body);
  const std::string message =
      fmt::format("{} {}: the registry answers {}{}{}", request.method, base::hide_secrets(request.url),
                  response.status, said.empty() ? "" : ": ", said);
  switch (response.status) {
    case 401:
    case 403:
      return base::make_error(base::ErrorClass::Permission, message)
          .with_hint(fmt::format("log in with 'compose login {}', or check the name",
                                 registry_name(address_.server())));
    case 404:
      return base::make_error(base::ErrorClass::NotFound, message)
          .with_hint(authorizer_.has_credentials()
                         ? "is the name spelled right, and the tag one that was pushed?"
                         : fmt::format("is the name spelled right? A private image needs 'compose login {}'",
                                       registry_name(address_.server())));
    case 429:
      return base::make_error(base::ErrorClass::Unavailable, message)
          .with_hint("the registry limits how much it serves; try later");
    default:
      return base::make_error(
          response.status >= 500 ? base::ErrorClass::Unavailable : base::ErrorClass::Invalid, message);
  }
}

base::Result<ManifestDocument> RegistryClient::fetch_manifest(const std::string& repository,
                                                              const std::string& name) {
  HttpRequest request;
  request.url = fmt::format("{}/v2/{}/manifests/{}", address_.origin(), repository, name);
  request.headers = {accept_header()};
  HttpResponse response = TRY(perform_patiently(request, pull_scope(repository)));
  if (response.status != 200) return base::fail(make_answer_error(request, response));
  if (response.body.size() > kLargestManifest) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("manifest: larger than {} bytes", kLargestManifest));
  }
  const model::Digest digest = model::Digest::from_sha256_hex(sys::sha256_hex(response.body));
  // Asked for by digest, or told one: the text must be that.
  const std::string told = response.header("docker-content-digest");
  const bool by_digest = name.starts_with("sha256:");
  for (const std::string& expected : {by_digest ? name : std::string(), told}) {
    if (expected.empty() || expected == digest.text()) continue;
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("{} sent a manifest with the digest {}, expected {}", address_.server(),
                                  digest.text(), expected.substr(0, 100)));
  }
  std::string media_type = response.header("content-type");
  media_type = media_type.substr(0, media_type.find(';'));
  if (is_schema_one(media_type)) {
    return base::fail(
        base::make_error(
            base::ErrorClass::Unsupported,
            fmt::format("{}/{}:{} is a manifest of Docker's schema 1, which proves nothing of what "
                        "it names and is read no more",
                        address_.server(), repository, name))
            .with_hint("push the image anew with a program that is younger than 2017"));
  }
  if (!is_index_type(media_type) && !is_manifest_type(media_type)) {
    return base::fail(base::ErrorClass::Unsupported,
                      fmt::format("{}/{}:{} is of the unsupported type \"{}\"", address_.server(), repository,
                                  name, media_type.substr(0, 100)));
  }
  return ManifestDocument{media_type, std::move(response.body), digest};
}

base::Result<std::string> RegistryClient::check_access() {
  authorizer_.ask_for_refresh_token();
  HttpRequest request;
  request.url = address_.origin() + "/v2/";
  const HttpResponse response = TRY(perform_patiently(request, ""));
  if (response.status == 200) return authorizer_.refresh_token();
  return base::fail(make_answer_error(request, response));
}

base::Result<std::vector<std::unique_ptr<RegistryClient>>> connect_for_pull(
    const model::ImageReference& reference, const RegistryOptions& options,
    const base::Cancellation& cancellation) {
  std::vector<std::unique_ptr<RegistryClient>> out;
  const auto mirrors = options.mirrors.find(reference.registry);
  if (mirrors != options.mirrors.end()) {
    for (const std::string& mirror : mirrors->second) {
      // A mirror that is away only means that the next one is asked; the registry's credentials do not go
      // there.
      RegistryOptions impatient = options;
      impatient.attempts = 1;
      auto client = RegistryClient::connect(mirror, impatient, std::nullopt, cancellation);
      if (client) out.push_back(*std::move(client));
    }
  }
  const CredentialStore store = credential_store(options);
  auto credentials = TRY_WHILE(store.find(reference.registry),
                               fmt::format("looking for credentials of {}", reference.registry));
  auto client = RegistryClient::connect(reference.registry, options, std::move(credentials), cancellation);
  if (!client && out.empty()) return base::fail(client.error());
  if (client) out.push_back(*std::move(client));
  return out;
}

base::Result<> login(std::string_view registry, const Credentials& credentials,
                     const RegistryOptions& options, const base::Cancellation& cancellation) {
  const auto client = TRY(RegistryClient::connect(registry, options, credentials, cancellation));
  const std::string refresh_token =
      TRY_WHILE(client->check_access(), fmt::format("logging in to {}", registry));
  // Rather than the password what stands for it, and can be taken back.
  const bool is_password = credentials.identity_token.empty();
  return CredentialStore(options.docker_config)
      .store(registry,
             refresh_token.empty() || !is_password ? credentials : Credentials{"", "", refresh_token});
}

base::Result<> logout(std::string_view registry, const RegistryOptions& options) {
  return CredentialStore(options.docker_config).erase(registry);
}

}  // namespace runtime::registry
