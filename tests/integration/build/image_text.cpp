// SPDX-License-Identifier: Apache-2.0
#include "integration/build/image_text.h"

#include <fcntl.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sys/file_data.h"

namespace build_test {
namespace {

using runtime::build::LayeredTree;
using runtime::build::TreeNode;

class Lister {
 public:
  explicit Lister(const LayeredTree& tree) : tree_(tree) {}

  void list(const TreeNode& folder) {
    const std::vector<std::string> names = tree_.list(folder).value();
    for (const std::string& name : names) {
      const auto node = tree_.find(folder, name).value();
      if (!node) continue;
      lines["/" + node->path] = describe(*node);
      if (node->is_folder()) list(*node);
    }
  }

  std::map<std::string, std::string> lines;

 private:
  std::string describe(const TreeNode& node) {
    const auto& status = node.status;
    const std::string meta =
        fmt::format("{:04o} {}:{}", status.st_mode & 07777, status.st_uid, status.st_gid);
    if (node.is_folder()) return "d " + meta + attributes(node);
    if (node.is_link()) {
      return fmt::format("l {}:{} -> {}{}", status.st_uid, status.st_gid, tree_.read_link(node).value(),
                         old_time(node));
    }
    if (!node.is_file()) return fmt::format("n {:o} {}{}", status.st_mode, status.st_rdev, old_time(node));
    if (status.st_nlink > 1) {
      const auto [first, added] = files_.try_emplace(status.st_ino, node.path);
      if (!added) return "h /" + first->second;
    }
    const sys::UniqueFd fd = tree_.open_node(node, O_RDONLY).value();
    const std::string digest = sys::hash_file_data(fd.value(), node.path).value();
    return fmt::format("f {} {} {}{}", meta, status.st_size, digest.substr(0, 8), attributes(node));
  }

  /// A time that a case sets is before 2017; others are when the files were made.
  static std::string old_time(const TreeNode& node) {
    constexpr std::int64_t kLatest = 1'500'000'000;
    const std::int64_t seconds = node.status.st_mtim.tv_sec;
    return seconds < kLatest ? fmt::format(" @{}", seconds) : "";
  }

  /// Of a file or folder, beside what the first columns show; values in hexadecimal.
  std::string attributes(const TreeNode& node) const {
    std::map<std::string, std::string> found;
    const auto all = tree_.xattrs(node).value();
    for (const auto& [name, value] : all) {
      if (!name.starts_with("trusted.overlay.")) found[name] = value;
    }
    std::string out = old_time(node);
    for (const auto& [name, value] : found) {
      out += " " + name + "=";
      for (const unsigned char byte : value) out += fmt::format("{:02x}", byte);
    }
    return out;
  }

  const LayeredTree& tree_;
  std::map<std::uint64_t, std::string> files_;
};

/// Whoever makes something in a folder may change its time.
std::string without_folder_time(const std::string& line) {
  const auto at = line.starts_with("d ") ? line.find(" @") : std::string::npos;
  if (at == std::string::npos) return line;
  const auto end = line.find(' ', at + 1);
  return line.substr(0, at) + (end == std::string::npos ? "" : line.substr(end));
}

}  // namespace

std::map<std::string, std::string> list_root(const LayeredTree& tree) {
  Lister lister(tree);
  lister.list(tree.root().value());
  return std::move(lister.lines);
}

std::string root_changes(const std::map<std::string, std::string>& base,
                         const std::map<std::string, std::string>& root) {
  std::string out;
  for (const auto& [path, line] : root) {
    const auto old = base.find(path);
    if (old == base.end() || without_folder_time(old->second) != without_folder_time(line)) out += fmt::format("{} {}\n", path, line);
  }
  for (const auto& [path, line] : base) {
    if (!root.contains(path)) out += fmt::format("- {}\n", path);
  }
  return out;
}

std::string config_text(const runtime::image::ImageConfig& config) {
  std::string out;
  const auto field = [&](std::string_view name, const auto& value) {
    if (!value.empty()) out += fmt::format("{}: {}\n", name, value);
  };
  field("user", config.user);
  field("working_dir", config.working_dir);
  for (const std::string& entry : config.environment) out += fmt::format("env: {}\n", entry);
  if (config.entrypoint) out += fmt::format("entrypoint: {}\n", *config.entrypoint);
  if (config.command) out += fmt::format("cmd: {}\n", *config.command);
  field("ports", config.exposed_ports);
  field("volumes", config.volumes);
  field("shell", config.shell);
  field("stop_signal", config.stop_signal);
  field("on_build", config.on_build);
  for (const auto& [name, value] : config.labels) out += fmt::format("label: {}={}\n", name, value);
  if (config.health_check) {
    const model::HealthCheck& check = *config.health_check;
    const auto time = [](const std::optional<base::Duration>& value) {
      return base::to_text(value.value_or(base::Duration(0)));
    };
    out += fmt::format("health: {} interval={} timeout={} start_period={} start_interval={} retries={}\n",
                       check.test, time(check.interval), time(check.timeout), time(check.start_period),
                       time(check.start_interval), check.retries.value_or(0));
  }
  return out;
}

}  // namespace build_test
