// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace compose::load {

/// Without "." and ".." parts, double and trailing slashes, by text alone: "/a/./b/../c/" is "/a/c".
/// An empty path is ".".
std::string clean_path(std::string_view path);

/// `path` itself when absolute, else below `folder`; cleaned.
std::string join_path(std::string_view folder, std::string_view path);

/// The folder part: "/a/b" gives "/a", "b" gives ".".
std::string parent_folder(std::string_view path);

/// The last part: "/a/b" gives "b".
std::string base_name(std::string_view path);

/// As people want to read it: relative to `folder` when below it, else as it is.
std::string display_path(std::string_view folder, std::string_view path);

/// Whether a build context is no local folder but an address, an image or a service. compose-spec:
/// build.context
bool is_remote_context(std::string_view text);

/// "C:\data" or "C:/data".
bool is_windows_path(std::string_view path);

}  // namespace compose::load
