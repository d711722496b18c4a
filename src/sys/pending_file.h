// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "sys/fd.h"
#include "sys/path_at.h"

namespace sys {

/// A file that is written beside a name and takes it only once it is whole: until then what had the name
/// stays as it is. Where the file system has files without a name (O_TMPFILE) it is one, so that even a
/// killed process leaves nothing; elsewhere it is locked, and one that nobody holds is removed by the next.
///
/// Links are followed, to a file that is missing, too. What is no regular file, as a pipe or a device, is
/// written to at once, and so is a descriptor (/dev/stdout, /dev/fd/3).
class PendingFile {
 public:
  /// Finds everything that would keep the file from being written later, but for the room on the disk:
  /// Invalid when `path` is a folder, NotFound for a missing folder, Permission; that also for a file or
  /// link of another user in a folder that everybody may write to.
  static base::Result<PendingFile> create(const std::string& path, std::uint32_t mode = 0666);

  PendingFile(PendingFile&&) noexcept = default;
  PendingFile& operator=(PendingFile&& other) noexcept;
  /// Without commit() the file goes away.
  ~PendingFile();

  int fd() const { return file_.value(); }
  /// False when it is written to at once.
  bool replaces() const { return folder_.valid(); }
  /// Takes the name. A file that had it hands on its mode and, where that is allowed, its owner; a new one
  /// has `mode` without the user's umask: 0666 is what a shell's redirection makes.
  base::Result<> commit();

 private:
  PendingFile() = default;
  base::Result<> open_beside();
  base::Result<> take_over(const struct stat& before);
  std::string new_name() const;
  void sweep() const;

  UniqueFd file_;
  UniqueFd folder_;        ///< Of `name_`; not valid for what is written to at once.
  std::string name_;       ///< What it will be called.
  std::uint32_t mode_ = 0;
  std::string temporary_;  ///< What it is called now; empty without a name.
};

}  // namespace sys
