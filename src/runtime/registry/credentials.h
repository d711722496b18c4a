// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace runtime::registry {

/// Who somebody is at a registry.
struct Credentials {
  std::string user, password;
  std::string identity_token;  ///< OAuth2 refresh token; then user and password are empty.
  bool operator==(const Credentials&) const = default;
};

/// Docker's credential store: `config.json` with its `auths`, `credHelpers` and `credsStore`. Programs named
/// there run as `docker-credential-<name>`, found on PATH.
class CredentialStore {
 public:
  /// `overriding` is text of the same form whose `auths` find() looks at first; it is never written.
  explicit CredentialStore(std::string config_file, std::string overriding = {})
      : file_(std::move(config_file)), overriding_(std::move(overriding)) {}

  /// For a registry as references name it ("docker.io", "localhost:5000"); nothing when there are none.
  /// Invalid: a text, file, entry or helper's answer that is none.
  base::Result<std::optional<Credentials>> find(std::string_view registry) const;
  /// In the helper that is configured for it, else in the file, which becomes readable by its owner only. A
  /// link stays a link; "<file>.lock" beside the file keeps out others who change it. Invalid: a file or a
  /// password that cannot be worked with.
  base::Result<> store(std::string_view registry, const Credentials& credentials) const;
  /// Name of the helper that keeps the registry's credentials; "" when the file itself does.
  base::Result<std::string> helper(std::string_view registry) const;
  /// In the helper and, under every key that find() knows, in the file. NotFound when there were none.
  base::Result<> erase(std::string_view registry) const;

 private:
  std::string file_, overriding_;
};

/// The key Docker uses: "https://index.docker.io/v1/" for docker.io, else the name itself.
std::string credential_key(std::string_view registry);

}  // namespace runtime::registry
