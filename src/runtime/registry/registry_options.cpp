// SPDX-License-Identifier: Apache-2.0
#include "runtime/registry/registry_options.h"

#include <algorithm>

#include "base/address.h"
#include "base/split.h"
#include "sys/file.h"

namespace runtime::registry {

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  const auto colon = host.rfind(':');
  // Several colons without brackets: an address of version 6.
  if (colon == std::string_view::npos || host.find(':') != colon) return host;
  return host.substr(0, colon);
}

bool is_loopback(std::string_view host) { return base::is_loopback_host(without_port(host)); }

bool RegistryOptions::is_insecure(std::string_view host) const {
  const std::string name = base::to_lower(host);
  if (is_loopback(name)) return true;
  return std::any_of(insecure.begin(), insecure.end(), [&](const std::string& entry) {
    const std::string known = base::to_lower(entry);
    return known == name || known == without_port(name);
  });
}

CredentialStore credential_store(const RegistryOptions& options) {
  return CredentialStore(options.docker_config, options.auth_config);
}

base::Result<TlsSettings> find_tls(const RegistryOptions& options, std::string_view host) {
  TlsSettings out;
  for (const std::string& folder : options.certificate_folders) {
    const std::string own = folder + "/" + std::string(host);
    if (!sys::path_exists(own)) continue;
    for (const std::string& name : TRY(sys::list_directory(own))) {
      const std::string path = own + "/" + name;
      if (name.ends_with(".crt")) out.authorities += TRY(sys::read_file(path, 1 << 20)) + "\n";
      if (name.ends_with(".cert") && out.certificate_file.empty()) {
        out.certificate_file = path;
        out.key_file = path.substr(0, path.size() - 4) + "key";
      }
    }
  }
  if (!out.key_file.empty() && !sys::path_exists(out.key_file)) {
    return base::fail(base::ErrorClass::NotFound,
                      out.certificate_file + " has no key beside it: " + out.key_file);
  }
  // Who took the trouble to install an authority wants it to count, and who shows a certificate encryption.
  out.verify = !options.is_insecure(host) || !out.authorities.empty();
  out.unencrypted = !out.verify && out.certificate_file.empty();
  return out;
}

}  // namespace runtime::registry
