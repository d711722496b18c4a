// SPDX-License-Identifier: Apache-2.0
// The tags of a repository, page by page.
#include <algorithm>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/registry/answers.h"
#include "runtime/registry/registry_client.h"
#include "runtime/registry/scopes.h"

namespace runtime::registry {

/// RFC 8288, `Link: </v2/app/tags/list?last=x&n=100>; rel="next"`: an address of this registry, or "".
std::string RegistryClient::next_page(const HttpResponse& response) const {
  const std::string link = response.header("link");
  const auto start = link.find('<'), end = link.find('>');
  if (start == std::string::npos || end == std::string::npos || end < start) return "";
  if (!link.substr(end).contains("next")) return "";
  const std::string address = link.substr(start + 1, end - start - 1);
  if (address.starts_with('/') && !address.starts_with("//")) return address_.origin() + address;
  return leads_here(address) ? address : "";
}

base::Result<std::vector<std::string>> RegistryClient::list_tags(const std::string& repository) {
  constexpr std::size_t kMostTags = 100'000;
  std::vector<std::string> out;
  HttpRequest request;
  request.url = fmt::format("{}/v2/{}/tags/list", address_.origin(), repository);
  while (!request.url.empty()) {
    const HttpResponse response = TRY(perform_patiently(request, pull_scope(repository)));
    if (response.status != 200) return base::fail(make_answer_error(request, response));
    const auto tags = TRY(parse_tag_list(response.body));
    out.insert(out.end(), tags.begin(), tags.end());
    if (out.size() > kMostTags)
      return base::fail(base::ErrorClass::Invalid, fmt::format("{} has too many tags", repository));
    // A page without tags that leads on would lead on for ever.
    request.url = tags.empty() ? "" : next_page(response);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace runtime::registry
