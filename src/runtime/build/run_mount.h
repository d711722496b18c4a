// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_size.h"
#include "base/result.h"
#include "base/source.h"

namespace runtime::build {

/// `RUN --mount=...` as written: variables in it are filled in when the step's scope is known.
struct RunMountFlag {
  std::string text;
  base::Span span;
};

enum class RunMountType { Bind, Cache, Tmpfs, Secret, Ssh };
enum class CacheSharing { Shared, Private, Locked };

/// Dockerfile reference: RUN --mount.
struct RunMount {
  RunMountType type = RunMountType::Bind;
  std::string target;
  std::string source;  ///< Bind, cache: in `from`; empty: its root.
  std::string from;    ///< Stage, image or named context; empty: the build context (bind).
  std::string id;      ///< Cache, secret, ssh.
  bool read_only = false;
  bool required = false;
  CacheSharing sharing = CacheSharing::Shared;
  std::optional<std::uint32_t> mode;      ///< Defaults: cache 0755 or as its source, secret 0400, ssh 0600.
  std::optional<std::uint32_t> uid, gid;  ///< Defaults: root; a cache with `from`: as its source.
  std::optional<base::ByteSize> size;     ///< Tmpfs.
  std::string environment;                ///< Secret: variable that gets it instead of, or besides, a file.
};

/// Invalid, with a hint for a misspelt key: unknown key or type, a key the type does not take, no target.
base::Result<RunMount> parse_run_mount(std::string_view text);

}  // namespace runtime::build
