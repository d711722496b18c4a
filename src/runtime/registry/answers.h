// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace runtime::registry {

/// What a registry says was wrong (OCI distribution-spec: error codes): "manifest unknown: ..."; the start of
/// the text when it is no such document.
std::string describe_errors(std::string_view body);

/// The tags of a registry's answer. Invalid when it is no such list, or has something in it that is no tag.
base::Result<std::vector<std::string>> parse_tag_list(std::string_view body);

/// The token of an authorization server's answer. Invalid when there is none.
struct TokenAnswer {
  std::string token;
  std::string refresh_token;
};
base::Result<TokenAnswer> parse_token_answer(std::string_view body);

}  // namespace runtime::registry
