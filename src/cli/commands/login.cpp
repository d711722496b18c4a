// SPDX-License-Identifier: Apache-2.0
// `login` and `logout`. Credentials are the user's, in Docker's own file: no engine is opened for them.
#include <iostream>

#include <fmt/format.h>

#include "base/split.h"
#include "cli/commands/command_group.h"
#include "cli/commands/commands.h"
#include "runtime/registry/registry_client.h"
#include "sys/file.h"
#include "sys/interrupts.h"
#include "sys/terminal.h"

namespace cli {
namespace {

namespace registry = runtime::registry;

constexpr int kStdin = 0;
constexpr const char* kDockerHub = "docker.io";

struct Flags {
  std::string user, password;
  bool password_stdin = false;
};

/// The registry's name as references have it: no scheme, no path.
std::string registry_name(std::string_view text) {
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
  text = text.substr(0, text.find('/'));
  if (text.empty() || text == "index.docker.io" || text == "registry-1.docker.io") return kDockerHub;
  return std::string(text);
}

base::Result<std::string> ask_user() {
  fmt::print(stderr, "Username: ");
  std::string answer;
  if (!std::getline(std::cin, answer) || base::trim(answer).empty()) {
    return base::fail(base::ErrorClass::Invalid, "a user name is needed");
  }
  return std::string(base::trim(answer));
}

base::Result<std::string> ask_password(const base::Cancellation& cancellation) {
  fmt::print(stderr, "Password: ");
  auto password = sys::read_hidden_line(kStdin, cancellation);
  fmt::print(stderr, "\n");
  if (password && password->empty()) return base::fail(base::ErrorClass::Invalid, "a password is needed");
  return password;
}

base::Result<std::string> read_password() {
  constexpr std::size_t kLongestPassword = 1 << 20;
  std::string text = TRY(sys::read_all(kStdin, "the password", kLongestPassword));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (text.empty()) return base::fail(base::ErrorClass::Invalid, "the standard input holds no password");
  return text;
}

/// From the flags, from what is stored, or from the user at the terminal.
base::Result<registry::Credentials> find_credentials(const Flags& flags, const std::string& name,
                                                     const registry::CredentialStore& store,
                                                     const base::Cancellation& cancellation) {
  registry::Credentials out{flags.user, flags.password, ""};
  if (flags.password_stdin) {
    if (!flags.password.empty()) {
      return base::fail(base::ErrorClass::Invalid, "--password and --password-stdin are incompatible");
    }
    if (flags.user.empty()) {
      return base::fail(base::ErrorClass::Invalid, "--password-stdin needs --username");
    }
    out.password = TRY(read_password());
    return out;
  }
  if (out.user.empty() && out.password.empty()) {
    if (const auto stored = TRY(store.find(name))) {
      fmt::print(stderr, "Authenticating with existing credentials...\n");
      return *stored;
    }
  }
  const bool missing = out.user.empty() || out.password.empty();
  if (missing && !sys::is_terminal(kStdin)) {
    return base::fail(
        base::make_error(base::ErrorClass::Invalid, "there is no terminal to ask for the password at")
            .with_hint("give --username and --password-stdin"));
  }
  if (out.user.empty()) out.user = TRY(ask_user());
  if (out.password.empty()) out.password = TRY(ask_password(cancellation));
  return out;
}

}  // namespace

base::Result<int> run_login(Invocation& invocation) {
  Flags flags;
  OptionSet options(invocation.command, "[OPTIONS] [SERVER]",
                    "Log in to a registry (Docker Hub without SERVER)");
  options.text("-u,--username", flags.user, "User name")
      .text("-p,--password", flags.password,
            "Password; whoever lists processes can read it: --password-stdin is safer")
      .flag("--password-stdin", flags.password_stdin, "Take the password from the standard input");
  options.takes({0, 1});
  const auto rest = TRY(options.parse(invocation.arguments()));
  if (!rest) return 0;
  TRY(refuse_dry_run(invocation, invocation.command));
  if (!flags.password.empty()) {
    invocation.warn(base::make_error(base::ErrorClass::Invalid,
                                     "--password shows the password to whoever lists processes")
                        .with_hint("use --password-stdin"));
  }
  base::Cancellation cancellation;
  sys::cancel_on_interrupt(cancellation);
  const std::string name = registry_name(rest->empty() ? "" : rest->front());
  const registry::RegistryOptions settings = TRY(registry::load_options());
  const registry::CredentialStore store = registry::credential_store(settings);
  const registry::Credentials credentials = TRY(find_credentials(flags, name, store, cancellation));
  TRY(registry::login(name, credentials, settings, cancellation));
  if (TRY(store.helper(name)).empty()) {
    fmt::print(
        stderr,
        "What was given is kept unencrypted in {}; a credential helper (credsStore) would encrypt it.\n",
        settings.docker_config);
  }
  fmt::print("Login Succeeded\n");
  return 0;
}

base::Result<int> run_logout(Invocation& invocation) {
  OptionSet options(invocation.command, "[SERVER]", "Log out of a registry (Docker Hub without SERVER)");
  options.takes({0, 1});
  const auto rest = TRY(options.parse(invocation.arguments()));
  if (!rest) return 0;
  TRY(refuse_dry_run(invocation, invocation.command));
  const std::string name = registry_name(rest->empty() ? "" : rest->front());
  const auto gone = registry::logout(name, TRY(registry::load_options()));
  if (!gone && gone.error().error_class == base::ErrorClass::NotFound) {
    fmt::print("Not logged in to {}\n", name);
    return 0;
  }
  TRY(gone);
  fmt::print("Removing login credentials for {}\n", name);
  return 0;
}

}  // namespace cli
