// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/git_authorization.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/address.h"
#include "base/base64.h"
#include "base/split.h"
#include "runtime/build/remote_source.h"
#include "sys/file.h"

namespace runtime::build {
namespace {

constexpr std::size_t kLargestToken = 64u << 10;

constexpr std::string_view kHeader = "GIT_AUTH_HEADER", kToken = "GIT_AUTH_TOKEN";

/// The secret "NAME" or "NAME.HOST". Hosts are the same in capitals.
base::Result<std::string> read_secret(const model::BuildSpec& spec, std::string_view name,
                                      std::string_view suffix) {
  for (const model::BuildSecret& secret : spec.secrets) {
    if (!secret.id.starts_with(name) || base::to_lower(secret.id.substr(name.size())) != suffix) continue;
    const std::string text =
        secret.content
            ? *secret.content
            : TRY_WHILE(sys::read_file(secret.file, kLargestToken), "reading the secret " + secret.id);
    return std::string(base::trim(text));
  }
  return std::string();
}

/// Where both are there, the header.
base::Result<std::string> read_header(const model::BuildSpec& spec, std::string_view suffix) {
  std::string header = TRY(read_secret(spec, kHeader, suffix));
  if (!header.empty()) return header;
  const std::string token = TRY(read_secret(spec, kToken, suffix));
  return token.empty() ? std::string() : "basic " + base::encode_base64("x-access-token:" + token);
}

/// Whether it is on the server that the user himself has named for the context.
bool is_main_context(const model::BuildSpec& spec, const base::Address& repository) {
  const auto context = parse_git_address(spec.context);
  const auto named = base::parse_address(context ? context->repository : std::string());
  return source_kind(spec.context) == SourceKind::Git && named && named->is_same_server(repository);
}

bool has_secret(const model::BuildSpec& spec, std::string_view id) {
  return std::any_of(spec.secrets.begin(), spec.secrets.end(),
                     [&](const model::BuildSecret& secret) { return secret.id == id; });
}

}  // namespace

base::Result<> authorize(GitAddress& address, const model::BuildSpec& spec) {
  const auto repository = base::parse_address(address.repository);
  if (!repository || !repository->is_http()) return {};
  const bool encrypted = repository->scheme == "https" || repository->is_loopback();
  const std::string suffix = "." + repository->server();
  if (encrypted) {
    address.authorization = TRY(read_header(spec, suffix));
    if (address.authorization.empty() && is_main_context(spec, *repository))
      address.authorization = TRY(read_header(spec, ""));
    if (!address.authorization.empty()) return {};
  }
  for (const std::string_view name : {kHeader, kToken}) {
    const std::string own = fmt::format("{}{}", name, suffix);
    if (!encrypted && (has_secret(spec, own) || has_secret(spec, name))) {
      address.hint = fmt::format("the secret {} goes over https only", name);
    } else if (has_secret(spec, name)) {
      address.hint =
          fmt::format("the secret {} is for the context's host alone: call it {} for this one", name, own);
    }
  }
  return {};
}

bool may_use_ssh(const model::BuildSpec& spec) {
  if (!spec.ssh.empty()) return true;
  const auto context = parse_git_address(spec.context);
  return context && context->over_ssh();
}

}  // namespace runtime::build
