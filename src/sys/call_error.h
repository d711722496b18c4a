// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace sys {

/// `return call_failed("mkdir(\"/x\")");` right after a failed call, before errno changes.
inline tl::unexpected<base::Error> call_failed(std::string_view call) {
  return base::fail(base::make_errno_error(call, errno));
}

/// As call_failed, with what to do about it.
inline tl::unexpected<base::Error> call_failed(std::string_view call, std::string hint) {
  return base::fail(base::make_errno_error(call, errno).with_hint(std::move(hint)));
}

}  // namespace sys
