// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace runtime::build {

/// Where a build's cache is read from or written to.
struct CacheOption {
  enum class Kind {
    Registry,  ///< `place` is a reference.
    Local,     ///< `place` is a folder, `tag` a name in it.
    Inline,    ///< Written only: with the image itself.
  };
  Kind kind = Kind::Registry;
  std::string place, tag;
  bool all_steps = false;                   ///< mode=max: layers of every step, not only those of the image.
  bool ignore_error = false;                ///< A cache that cannot be written does not fail the build.
  std::vector<std::string> without_effect;  ///< Attributes that change nothing here.
};

enum class CacheUse { From, To };

/// Reads an entry of `cache_from` or `cache_to`: a reference, or "type=registry,ref=...",
/// "type=local,src=..." (`dest` to write), "type=inline". compose-spec: build.cache_from, build.cache_to.
/// Unsupported: a type that is kept by some service (gha, s3, azblob). Invalid: anything else.
base::Result<CacheOption> parse_cache_option(std::string_view text, CacheUse use);

}  // namespace runtime::build
