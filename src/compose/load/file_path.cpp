// SPDX-License-Identifier: Apache-2.0
#include "compose/load/file_path.h"

#include <vector>

#include "base/address.h"

namespace compose::load {

std::string clean_path(std::string_view path) {
  const bool absolute = path.starts_with('/');
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const auto end = path.find('/');
    const std::string_view part = path.substr(0, end);
    path = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!absolute) {
      parts.push_back(part);
    }
  }
  std::string out = absolute ? "/" : "";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i != 0) out += '/';
    out += parts[i];
  }
  return out.empty() ? "." : out;
}

std::string join_path(std::string_view folder, std::string_view path) {
  if (path.starts_with('/')) return clean_path(path);
  return clean_path(std::string(folder) + "/" + std::string(path));
}

std::string parent_folder(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? "/" : clean_path(path.substr(0, slash));
}

std::string base_name(std::string_view path) {
  const std::string clean = clean_path(path);
  return clean.substr(clean.rfind('/') + 1);
}

std::string display_path(std::string_view folder, std::string_view path) {
  if (!folder.empty() && folder != "/" && path.starts_with(folder) && path.size() > folder.size() &&
      path[folder.size()] == '/') {
    return std::string(path.substr(folder.size() + 1));
  }
  return std::string(path);
}

bool is_windows_path(std::string_view path) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return path.size() >= 3 && letter(path[0]) && path[1] == ':' && (path[2] == '\\' || path[2] == '/');
}

bool is_remote_context(std::string_view text) {
  for (const std::string_view prefix :
       {"https://", "http://", "git://", "ssh://", "github.com/", "git@", "service:"}) {
    if (text.starts_with(prefix)) return true;
  }
  return text.find("://") != std::string_view::npos || base::is_scp_address(text);
}

}  // namespace compose::load
