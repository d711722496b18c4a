// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/git_authorization.h"

#include <fmt/format.h>

#include "base/address.h"
#include "base/base64.h"
#include "base/split.h"
#include "sys/file.h"

namespace runtime::build {
namespace {

constexpr std::size_t kLargestToken = 64u << 10;

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
  const auto repository = base::parse_address(address.repository);
  if (!repository || !repository->is_http()) return std::string();
  for (const std::string& suffix : {"." + repository->server(), std::string()}) {
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
