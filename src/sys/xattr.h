// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

/// Extended attributes of open files. man 7 xattr.
namespace sys {

/// fsetxattr(2); replaces a value that is there.
base::Result<> set_xattr(int fd, const std::string& name, const std::string& value);
/// Of a name in an open folder, links themselves included: goes through O_PATH and /proc/self/fd.
base::Result<> set_xattr_at(int folder, const std::string& entry, const std::string& name,
                            const std::string& value);
/// Empty when it is not there.
base::Result<std::string> read_xattr(int fd, const std::string& name);
/// All that the caller may see, sorted by name; none where the file system has no attributes.
base::Result<std::vector<std::pair<std::string, std::string>>> list_xattrs(int fd);
/// As list_xattrs for a name in an open folder, links themselves included.
base::Result<std::vector<std::pair<std::string, std::string>>> list_xattrs_at(int folder,
                                                                              const std::string& entry);

}  // namespace sys
