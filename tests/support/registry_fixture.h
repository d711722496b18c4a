// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <crypt.h>

#include <csignal>
#include <string>

#include "support/child_process.h"
#include "support/loopback.h"
#include "support/temporary_folder.h"
#include "sys/file.h"

namespace test {

/// How the registry of a test is set up.
struct RegistrySetup {
  bool tls = false;
  std::string user, password;        ///< Basic authentication when set.
  bool client_certificates = false;  ///< With TLS: only for who shows client.crt of the folder.
};

/// Debian's docker-registry on a free port of 127.0.0.1, with its data in a folder of its own.
class Registry {
 public:
  explicit Registry(const RegistrySetup& setup = {}) : port_(free_port()) {
    std::string config =
        "version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: " + folder.path +
        "/data}\n  delete: {enabled: true}\nhttp:\n  addr: 127.0.0.1:" + std::to_string(port_) + "\n";
    if (setup.tls) {
      make_certificates();
      config += "  tls: {certificate: " + folder.path + "/server.crt, key: " + folder.path + "/server.key";
      if (setup.client_certificates) config += ", clientcas: [" + folder.path + "/ca.crt]";
      config += "}\n";
    }
    if (!setup.user.empty()) {
      write(folder.path + "/htpasswd", setup.user + ":" + bcrypt(setup.password) + "\n");
      config += "auth:\n  htpasswd: {realm: test, path: " + folder.path + "/htpasswd}\n";
    }
    write(folder.path + "/config.yml", config);
    process_.emplace(std::vector<std::string>{"docker-registry", "serve", folder.path + "/config.yml"},
                     folder.path + "/log");
    wait_for_port(port_);
  }

  TemporaryFolder folder;
  std::string host() const { return "localhost:" + std::to_string(port_); }
  int port() const { return port_; }

 private:
  static void write(const std::string& path, const std::string& text) {
    if (!sys::write_file(path, text)) std::abort();
  }
  static std::string bcrypt(const std::string& password) {
    const char* salt = ::crypt_gensalt("$2b$", 4, nullptr, 0);
    std::string hash = ::crypt(password.c_str(), salt);
    hash[2] = 'y';  // The same function under the name Apache's format knows.
    return hash;
  }
  /// An authority, and certificates for "localhost" and a client signed by it.
  void make_certificates() const {
    const std::string in = "cd " + folder.path + " && ";
    run_shell(in +
              "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-authority -keyout ca.key "
              "-out ca.crt "
              "-addext basicConstraints=critical,CA:TRUE 2>/dev/null");
    write(folder.path + "/san", "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    for (const std::string name : {"server", "client"}) {
      run_shell(in + "openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout " + name +
                ".key -out " + name + ".csr 2>/dev/null");
      run_shell(in + "openssl x509 -req -in " + name +
                ".csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile san -out " + name +
                ".crt 2>/dev/null");
    }
  }

  int port_;
  std::optional<ChildProcess> process_;
};

}  // namespace test
