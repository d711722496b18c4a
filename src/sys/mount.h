// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

/// Mounts as descriptors: made detached, given their attributes, and only then attached to a place that
/// is a descriptor too. No step looks a path up twice. Needs kernel 5.12 (mount_setattr).
namespace sys {

enum class Recursion : std::uint8_t { Single, Recursive };

/// A detached copy of the mount at `path` below `directory` (AT_FDCWD, or a descriptor with path "").
base::Result<UniqueFd> clone_tree(int directory, const std::string& path, Recursion recursion);

/// A new, detached instance of a file system. `options` is comma separated ("mode=755,size=64m");
/// `attributes` are MOUNT_ATTR_*. The kernel's own words are part of the error.
base::Result<UniqueFd> mount_filesystem(const std::string& type, const std::string& source,
                                        std::string_view options, std::uint64_t attributes);

/// Layers of an overlay, top first. `upper` and `work` empty: read-only.
struct OverlayLayers {
  std::vector<std::string> lower;
  std::string upper, work;
  /// Never wait for the disk, not even for fsync: for a layer that is thrown away when the machine stops
  /// in the middle. The work folder cannot be used again after that.
  bool unsynced = false;
  /// An open folder below all of `lower`, seen through the mount it was opened on; -1: none. Needs
  /// kernel 6.13.
  int lowest = -1;
};
/// A detached overlay. Before kernel 6.8 it is mounted over `upper` (or the first lower layer) in the
/// caller's mount namespace and cloned from there, so the caller must have a namespace of its own.
base::Result<UniqueFd> mount_overlay(const OverlayLayers& layers);

/// mount_setattr(2) on the mount behind `mount`. `propagation` is MS_PRIVATE etc., 0 to leave it.
base::Result<> set_mount_attributes(int mount, std::uint64_t set, std::uint64_t clear,
                                    std::uint64_t propagation, Recursion recursion);

/// Attaches a detached mount on top of what `target` is open on. `where` is for the message.
base::Result<> attach_mount(int mount, int target, std::string_view where);

/// Changes the propagation of "/" and of everything below it.
base::Result<> set_root_propagation(std::uint64_t flags);

/// Makes the mount behind `root`, which must be attached, the root of the mount namespace; the old one
/// is gone afterwards, and the working directory is the new root.
base::Result<> switch_root(int root);

/// f_type of the file system behind `fd`: PROC_SUPER_MAGIC and the like.
base::Result<std::uint64_t> file_system_magic(int fd);

}  // namespace sys
