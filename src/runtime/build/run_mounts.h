// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/build/build_job.h"
#include "runtime/build/mounted_source.h"
#include "runtime/build/run_mount.h"
#include "runtime/build/ssh_proxy.h"

namespace runtime::build {

/// A mount of a RUN, with what its source is.
struct PreparedMount {
  RunMount mount;
  const SourceTree* tree = nullptr;  ///< Bind, and cache with `from`.
  base::Span span;
  SeenSource seen;  ///< What the tree has at the source, after read_mount().
};

/// What the mounts of one RUN become, and what must go or be let go of when it has ended.
struct MountSet {
  std::vector<StepMount> mounts;
  std::vector<std::string> environment;  ///< "K=V" of secrets and the SSH agent: not in any key.
  std::vector<sys::UniqueFd> locks;      ///< Cache mounts that are nobody else's meanwhile.
  std::vector<std::string> folders;      ///< Of this step alone.
  std::vector<sys::UniqueFd> mounted;    ///< Detached mounts.
  std::vector<std::unique_ptr<SshProxy>> proxies;
};

/// Part of a RUN's cache key: target and options. Secrets only count by their id, cache mounts not by what
/// earlier steps left in them.
std::string mount_key(const PreparedMount& prepared);
/// The other part, the checksum of what is `seen`: what a bind mount shows, or a cache mount with `from`
/// starts with; empty for other mounts.
base::Result<std::string> read_mount(BuildJob& job, PreparedMount& prepared);
/// Whether the sources are still as read_mount() saw them: else nobody knows what the step read.
bool are_unchanged(const std::vector<PreparedMount>& mounts);

/// Makes the sources of the mounts ready. NotFound: a required secret, a source that does not exist.
base::Result<MountSet> make_mounts(BuildJob& job, const std::vector<PreparedMount>& mounts);

/// Removes what `make_mounts` made for one step.
void remove_mounts(const MountSet& mounts);

}  // namespace runtime::build
