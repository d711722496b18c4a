// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/cancellation.h"
#include "base/result.h"
#include "runtime/registry/auth_challenge.h"
#include "runtime/registry/credentials.h"
#include "runtime/registry/http_transport.h"

namespace runtime::registry {

/// Answers a registry's challenges: basic, or bearer tokens fetched from the realm it names, one for each
/// scope. Safe for several threads.
class Authorizer {
 public:
  Authorizer(HttpTransport& transport, std::optional<Credentials> credentials)
      : transport_(transport), credentials_(std::move(credentials)) {}

  /// "Authorization: ..." for the scope as far as it is known; "" before the first challenge.
  std::string header_for(const std::string& scope);
  /// After a 401 for `scope` from `url`, to a request that carried the header `sent` (maybe none): gets what
  /// the challenge asks for, once for all threads that ask for it now. Permission when that is refused.
  base::Result<> answer(std::string_view url, const AuthChallenge& challenge, const std::string& scope,
                        const std::string& sent, const base::Cancellation& cancellation);
  bool has_credentials() const { return credentials_.has_value(); }

 private:
  base::Result<std::string> fetch_token(std::string_view url, const AuthChallenge& challenge,
                                        const std::string& scope, const base::Cancellation& cancellation);

  HttpTransport& transport_;
  std::optional<Credentials> credentials_;
  std::mutex answering_;                        ///< Held while one thread gets what all wait for.
  std::mutex mutex_;                            ///< Guards headers_.
  std::map<std::string, std::string> headers_;  ///< By scope.
};

/// For a URL's query.
std::string escape_query(std::string_view text);

}  // namespace runtime::registry
