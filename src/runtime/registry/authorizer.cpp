// SPDX-License-Identifier: Apache-2.0
#include "runtime/registry/authorizer.h"

#include <fmt/format.h>

#include "base/address_text.h"
#include "base/base64.h"
#include "runtime/registry/answers.h"
#include "runtime/registry/registry_client.h"

namespace runtime::registry {
namespace {

constexpr const char* kClient = "compose";

std::string basic_header(const Credentials& credentials) {
  return "Authorization: Basic " + base::encode_base64(credentials.user + ":" + credentials.password);
}

base::Error refused(const base::Address& registry, std::string_view why) {
  std::string message = fmt::format("{} refuses access", registry.server());
  if (!why.empty()) message += fmt::format(": {}", why);
  return base::make_error(base::ErrorClass::Permission, std::move(message))
      .with_hint(
          fmt::format("log in with 'compose login {}', or check the name", registry_name(registry.server())));
}

}  // namespace

std::string escape_query(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string Authorizer::header_for(const std::string& scope) {
  const std::lock_guard lock(mutex_);
  const auto found = headers_.find(scope);
  return found == headers_.end() ? std::string() : found->second;
}

base::Result<> Authorizer::answer(const base::Address& registry, const AuthChallenge& challenge,
                                  const std::string& scope, const std::string& sent,
                                  const base::Cancellation& cancellation) {
  const std::lock_guard turn(answering_);
  // Another thread has got it meanwhile.
  if (header_for(scope) != sent) return {};
  std::string header;
  if (challenge.scheme == "basic") {
    if (!credentials_ || credentials_->user.empty())
      return base::fail(refused(registry, "it asks for a user and password"));
    header = basic_header(*credentials_);
  } else {
    header = "Authorization: Bearer " + TRY(fetch_token(registry, challenge, scope, cancellation));
  }
  // The same answer again would be refused again.
  if (challenge.scheme == "basic" && sent == header) {
    return base::fail(refused(registry, "the user or password is wrong"));
  }
  const std::lock_guard lock(mutex_);
  headers_[scope] = std::move(header);
  return {};
}

base::Result<std::string> Authorizer::fetch_token(const base::Address& registry,
                                                  const AuthChallenge& challenge, const std::string& scope,
                                                  const base::Cancellation& cancellation) {
  const std::string realm = challenge.value("realm"), service = challenge.value("service");
  // The transport sees to it that a host which has to be encrypted is.
  const auto place = base::parse_address(realm);
  if (!place || (place->scheme != "https" && (place->scheme != "http" || registry.scheme != "http"))) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("{} names an authorization server that is not safe: {}", registry.server(),
                                  base::hide_secrets(realm).substr(0, 200)));
  }
  const TokenRequest wanted{realm, service, scope.empty() ? challenge.value("scope") : scope};
  const bool has_password = credentials_ && credentials_->identity_token.empty();
  const bool by_get = !credentials_ || has_password;
  HttpResponse response =
      TRY(transport_.perform(by_get ? make_get(wanted) : make_post(wanted), {}, cancellation));
  // Some servers know the OAuth2 way alone.
  if (has_password && (response.status == 404 || response.status == 405))
    response = TRY(transport_.perform(make_post(wanted), {}, cancellation));
  if (response.status == 401 || response.status == 403) {
    return base::fail(refused(registry, describe_errors(response.body)));
  }
  if (response.status != 200) {
    const bool may_pass = response.status == 408 || response.status == 429 || response.status >= 500;
    return base::fail(may_pass ? base::ErrorClass::Unavailable : base::ErrorClass::Invalid,
                      fmt::format("the authorization server {} answers {}: {}", place->server(),
                                  response.status, describe_errors(response.body)));
  }
  TokenAnswer answer = TRY(parse_token_answer(response.body));
  if (!answer.refresh_token.empty()) {
    // A server may take the old one back with the new one.
    if (credentials_ && !has_password) credentials_->identity_token = answer.refresh_token;
    const std::lock_guard lock(mutex_);
    refresh_token_ = std::move(answer.refresh_token);
  }
  return std::move(answer.token);
}

HttpRequest Authorizer::make_get(const TokenRequest& wanted) const {
  HttpRequest request;
  request.url = fmt::format("{}{}service={}&client_id={}", wanted.realm,
                            wanted.realm.find('?') == std::string::npos ? "?" : "&",
                            escape_query(wanted.service), kClient);
  if (!wanted.scope.empty()) request.url += "&scope=" + escape_query(wanted.scope);
  if (wants_refresh_token_) request.url += "&offline_token=true";
  if (!credentials_) return request;
  request.url += "&account=" + escape_query(credentials_->user);
  request.headers.push_back(basic_header(*credentials_));
  return request;
}

/// distribution: "Docker Registry v2 authentication using OAuth2".
HttpRequest Authorizer::make_post(const TokenRequest& wanted) const {
  HttpRequest request;
  request.method = "POST";
  request.url = wanted.realm;
  request.headers.push_back("Content-Type: application/x-www-form-urlencoded");
  const bool refreshes = !credentials_->identity_token.empty();
  request.body =
      fmt::format("grant_type={}&service={}&client_id={}&scope={}", refreshes ? "refresh_token" : "password",
                  escape_query(wanted.service), kClient, escape_query(wanted.scope));
  if (refreshes) {
    request.body += "&refresh_token=" + escape_query(credentials_->identity_token);
  } else {
    request.body += fmt::format("&username={}&password={}", escape_query(credentials_->user),
                                escape_query(credentials_->password));
    if (wants_refresh_token_) request.body += "&access_type=offline";
  }
  return request;
}

std::string Authorizer::refresh_token() {
  const std::lock_guard lock(mutex_);
  return refresh_token_;
}

}  // namespace runtime::registry
