// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "runtime/registry/credentials.h"
#include "runtime/registry/http_transport.h"

namespace runtime::registry {

/// How registries are reached on this machine.
struct RegistryOptions {
  /// Folders in Docker's certs.d layout: <folder>/<host[:port]>/{*.crt, *.cert, *.key}.
  std::vector<std::string> certificate_folders;
  /// Hosts ("host", "host:port") that may be spoken to without trusted TLS. Loopback always may.
  std::vector<std::string> insecure;
  /// Mirrors of a registry's name, tried in order before it: URLs or hosts. A registry's
  /// credentials do not go to its mirrors: those of a mirror stand in its URL.
  std::map<std::string, std::vector<std::string>> mirrors;
  /// Docker's config.json: credentials are read from it and `login` writes to it.
  std::string docker_config;
  /// Text of the same form whose credentials come first: $DOCKER_AUTH_CONFIG.
  std::string auth_config;
  int attempts = 5;                            ///< For one request, or without progress on one blob.
  std::chrono::milliseconds first_pause{300};  ///< Doubles with every attempt.

  /// Whether plain HTTP and untrusted certificates are allowed for a host.
  bool is_insecure(std::string_view host) const;
};

/// From $COMPOSE_REGISTRIES or /etc/compose/registries.json ({"insecure": [...], "mirrors": {...},
/// "certificates": [...]}), then Docker's /etc/docker/daemon.json (insecure-registries, registry-mirrors);
/// credentials from $DOCKER_AUTH_CONFIG, then $DOCKER_CONFIG or ~/.docker. Missing files are fine; malformed
/// ones are Invalid.
base::Result<RegistryOptions> load_options();
/// The same from given texts, for tests; empty text: no such file.
base::Result<> read_registries(std::string_view json, RegistryOptions& options);
base::Result<> read_docker_daemon(std::string_view json, RegistryOptions& options);

/// "registry.example:5000" -> "registry.example", "[::1]:5000" -> "::1".
std::string_view without_port(std::string_view host);

/// "localhost", 127.0.0.0/8, ::1, with or without a port.
bool is_loopback(std::string_view host);

/// Where these options have credentials.
CredentialStore credential_store(const RegistryOptions& options);

/// How to speak to `host`: what the certificate folders have for it, and whether it may do without a
/// certificate that is trusted or without encryption: not when an authority is installed for it, and not
/// without encryption when a client certificate is.
base::Result<TlsSettings> find_tls(const RegistryOptions& options, std::string_view host);

}  // namespace runtime::registry
