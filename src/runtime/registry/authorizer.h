// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/cancellation.h"
#include "base/result.h"
#include "runtime/registry/auth_challenge.h"
#include "runtime/registry/credentials.h"
#include "runtime/registry/http_transport.h"

namespace runtime::registry {

/// Answers a registry's challenges: basic, or bearer tokens fetched from the realm it names, one for each
/// scope: by GET with user and password, by POST (OAuth2) with an identity token, and with user and password
/// where a server knows nothing else. Safe for several threads.
class Authorizer {
 public:
  Authorizer(HttpTransport& transport, std::optional<Credentials> credentials)
      : transport_(transport), credentials_(std::move(credentials)) {}

  /// "Authorization: ..." for the scope as far as it is known; "" before the first challenge.
  std::string header_for(const std::string& scope);
  /// After a 401 for `scope` from `registry`, to a request that carried the header `sent` (maybe none): gets
  /// what the challenge asks for, once for all threads that ask for it now. Permission when that is refused.
  base::Result<> answer(const base::Address& registry, const AuthChallenge& challenge,
                        const std::string& scope, const std::string& sent,
                        const base::Cancellation& cancellation);
  bool has_credentials() const { return credentials_.has_value(); }
  /// From now on tokens are asked for that come with a refresh token, which can be kept instead of the
  /// password.
  void ask_for_refresh_token() { wants_refresh_token_ = true; }
  /// The last refresh token that an authorization server gave; "" when none did.
  std::string refresh_token();

 private:
  struct TokenRequest {
    std::string realm, service, scope;
  };
  base::Result<std::string> fetch_token(const base::Address& registry, const AuthChallenge& challenge,
                                        const std::string& scope, const base::Cancellation& cancellation);
  HttpRequest make_get(const TokenRequest& wanted) const;
  HttpRequest make_post(const TokenRequest& wanted) const;

  HttpTransport& transport_;
  std::optional<Credentials> credentials_;
  bool wants_refresh_token_ = false;
  std::string refresh_token_;
  std::mutex answering_;                        ///< Held while one thread gets what all wait for.
  std::mutex mutex_;                            ///< Guards headers_ and refresh_token_.
  std::map<std::string, std::string> headers_;  ///< By scope.
};

/// For a URL's query.
std::string escape_query(std::string_view text);

}  // namespace runtime::registry
