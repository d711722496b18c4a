// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/git_authorization.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "base/split.h"
#include "sys/file.h"

namespace runtime::build {
namespace {

constexpr std::size_t kLargestToken = 64u << 10;

/// "host:port" of an https address; empty for others, to which no header goes.
std::string host_of(std::string_view repository) {
  if (!repository.starts_with("https://") && !repository.starts_with("http://")) return {};
  repository.remove_prefix(repository.find("://") + 3);
  const std::string_view host = repository.substr(0, repository.find('/'));
  return std::string(host.substr(host.rfind('@') + 1));
}

base::Result<std::string> read_secret(const model::BuildSpec& spec, const std::string& id) {
  for (const model::BuildSecret& secret : spec.secrets) {
    if (secret.id != id) continue;
    const std::string text =
        secret.content ? *secret.content
                       : TRY_WHILE(sys::read_file(secret.file, kLargestToken), "reading the secret " + id);
    return std::string(base::trim(text));
  }
  return std::string();
}

}  // namespace

base::Result<std::string> find_git_authorization(const model::BuildSpec& spec, const GitAddress& address) {
  const std::string host = host_of(address.repository);
  if (host.empty()) return std::string();
  for (const std::string& suffix : {"." + host, std::string()}) {
    const std::string header = TRY(read_secret(spec, "GIT_AUTH_HEADER" + suffix));
    if (!header.empty()) return header;
    const std::string token = TRY(read_secret(spec, "GIT_AUTH_TOKEN" + suffix));
    if (!token.empty()) return "basic " + base::encode_base64("x-access-token:" + token);
  }
  return std::string();
}

bool may_use_ssh(const model::BuildSpec& spec) {
  if (!spec.ssh.empty()) return true;
  const auto context = parse_git_address(spec.context);
  return context && context->over_ssh();
}

}  // namespace runtime::build
