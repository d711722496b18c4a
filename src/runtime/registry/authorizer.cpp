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

base::Error refused(std::string_view url, std::string_view why) {
  std::string message = fmt::format("{} refuses access", host_of(url));
  if (!why.empty()) message += fmt::format(": {}", why);
  return base::make_error(base::ErrorClass::Permission, std::move(message))
      .with_hint(
          fmt::format("log in with 'compose login {}', or check the name", registry_name(host_of(url))));
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

base::Result<> Authorizer::answer(std::string_view url, const AuthChallenge& challenge,
                                  const std::string& scope, const std::string& sent,
                                  const base::Cancellation& cancellation) {
  const std::lock_guard turn(answering_);
  // Another thread has got it meanwhile.
  if (header_for(scope) != sent) return {};
  std::string header;
  if (challenge.scheme == "basic") {
    if (!credentials_ || credentials_->user.empty())
      return base::fail(refused(url, "it asks for a user and password"));
    header = basic_header(*credentials_);
  } else {
    header = "Authorization: Bearer " + TRY(fetch_token(url, challenge, scope, cancellation));
  }
  // The same answer again would be refused again.
  if (challenge.scheme == "basic" && sent == header) {
    return base::fail(refused(url, "the user or password is wrong"));
  }
  const std::lock_guard lock(mutex_);
  headers_[scope] = std::move(header);
  return {};
}

base::Result<std::string> Authorizer::fetch_token(std::string_view url, const AuthChallenge& challenge,
                                                  const std::string& scope,
                                                  const base::Cancellation& cancellation) {
  const std::string realm = challenge.value("realm"), service = challenge.value("service");
  // The transport sees to it that a host which has to be encrypted is.
  const std::string scheme = scheme_of(realm);
  if (scheme != "https" && (scheme != "http" || scheme_of(url) != "http")) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("{} names an authorization server that is not safe: {}", host_of(url),
                                  base::hide_secrets(realm).substr(0, 200)));
  }
  const std::string wanted = scope.empty() ? challenge.value("scope") : scope;
  HttpRequest request;
  if (credentials_ && !credentials_->identity_token.empty()) {
    request.method = "POST";
    request.url = realm;
    request.headers.push_back("Content-Type: application/x-www-form-urlencoded");
    request.body = fmt::format("grant_type=refresh_token&service={}&client_id={}&scope={}&refresh_token={}",
                               escape_query(service), kClient, escape_query(wanted),
                               escape_query(credentials_->identity_token));
  } else {
    request.url =
        fmt::format("{}{}service={}&client_id={}", realm, realm.find('?') == std::string::npos ? "?" : "&",
                    escape_query(service), kClient);
    if (!wanted.empty()) request.url += "&scope=" + escape_query(wanted);
    if (credentials_) request.headers.push_back(basic_header(*credentials_));
  }
  const HttpResponse response = TRY(transport_.perform(request, {}, cancellation));
  if (response.status == 401 || response.status == 403) {
    return base::fail(refused(url, describe_errors(response.body)));
  }
  if (response.status != 200) {
    return base::fail(base::ErrorClass::Unavailable,
                      fmt::format("the authorization server {} answers {}: {}", host_of(realm),
                                  response.status, describe_errors(response.body)));
  }
  return TRY(parse_token_answer(response.body)).token;
}

}  // namespace runtime::registry
