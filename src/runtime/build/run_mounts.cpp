// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/run_mounts.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/build/cache_mount.h"
#include "runtime/build/copy_files.h"
#include "sys/file.h"
#include "sys/file_data.h"
#include "sys/mapped_mount.h"
#include "sys/mount.h"
#include "sys/ownership.h"
#include "sys/path_at.h"

namespace runtime::build {
namespace {

constexpr std::size_t kLargestSecret = 500u << 10;

/// A new folder of this step's own in `scratch`.
base::Result<std::string> make_folder_in(const std::string& scratch, BuildJob& job, MountSet& set) {
  std::string folder = fmt::format("{}/{}", scratch, job.new_id());
  TRY(sys::make_directories(folder, 0700));
  set.folders.push_back(folder);
  return folder;
}

base::Result<std::string> make_step_folder(BuildJob& job, MountSet& set) {
  return make_folder_in(TRY(job.scratch_folder()), job, set);
}

struct UpperFolders {
  std::string upper, work;
};
/// Takes a step's writes to something it must not change; thrown away with the step.
base::Result<UpperFolders> make_upper(BuildJob& job, MountSet& set) {
  const std::string folder = TRY(make_step_folder(job, set));
  UpperFolders out{.upper = folder + "/fs", .work = folder + "/work"};
  TRY(sys::make_directories(out.upper, 0755));
  TRY(sys::make_directories(out.work, 0700));
  return out;
}

/// Makes a removed name out of every name below `folder` that the ignore rules leave out.
class IgnoreMask {
 public:
  IgnoreMask(const SourceTree& tree, int mask) : tree_(tree), mask_(mask) {}

  base::Result<> cover(const TreeNode& folder, std::string_view inside) {
    for (const std::string& name : TRY(tree_.tree.list(folder))) {
      const std::string path = folder.child_path(name);
      const auto node = TRY(tree_.tree.find(folder, name));
      if (!node) continue;
      const std::string below = inside.empty() ? name : fmt::format("{}/{}", inside, name);
      const bool ignored = tree_.ignore.excludes(path);
      if (ignored && !(node->is_folder() && tree_.ignore.may_include_below(path))) {
        TRY(make_parents(std::string(inside)));
        TRY(sys::make_node_at(mask_, below, S_IFCHR));
        covered_ = true;
      } else if (node->is_folder()) {
        TRY(cover(*node, below));
      }
    }
    return {};
  }
  bool covered() const { return covered_; }

 private:
  base::Result<> make_parents(const std::string& path) const {
    std::string at;
    for (const std::string& part : base::split(path, '/')) {
      if (part.empty()) continue;
      at += (at.empty() ? "" : "/") + part;
      if (!TRY(sys::stat_at(mask_, at))) TRY(sys::make_directory_at(mask_, at, 0755));
    }
    return {};
  }

  const SourceTree& tree_;
  int mask_;
  bool covered_ = false;
};

base::Result<TreeNode> find_source(const PreparedMount& prepared) {
  const RunMount& mount = prepared.mount;
  const Resolution found = TRY(prepared.tree->tree.resolve(mount.source));
  if (found.node && !prepared.tree->ignore.excludes(found.node->path)) return *found.node;
  return base::fail(
      base::make_error(base::ErrorClass::NotFound,
                       fmt::format("--mount: '{}' does not exist in {}", mount.source, prepared.tree->name))
          .at(prepared.span));
}

/// A folder as the layers that make it up, each as a host path. Overlayfs finds no way out of them.
base::Result<std::vector<std::string>> folder_layers(BuildJob& job, const SourceTree& tree,
                                                     const TreeNode& node, MountSet& set) {
  std::vector<std::string> layers;
  for (const std::uint16_t layer : node.layers) {
    layers.push_back(
        fmt::format("{}{}{}", tree.tree.layer_path(layer), node.path.empty() ? "" : "/", node.path));
  }
  if (tree.ignore.empty()) return layers;
  const std::string mask_folder = TRY(make_step_folder(job, set)) + "/fs";
  TRY(sys::make_directories(mask_folder, 0755));
  const sys::UniqueFd mask = TRY(sys::open_file(mask_folder, O_PATH | O_DIRECTORY));
  IgnoreMask cover(tree, mask.value());
  TRY(cover.cover(node, ""));
  if (cover.covered()) layers.insert(layers.begin(), mask_folder);
  return layers;
}

/// A copy of a file: for one that may be written to, as overlayfs lays only folders over each other.
base::Result<StepMount> make_private_file(BuildJob& job, const PreparedMount& prepared, const TreeNode& node,
                                          MountSet& set) {
  const std::string folder = TRY(make_step_folder(job, set));
  const sys::UniqueFd from = TRY(prepared.tree->tree.open_node(node, O_RDONLY | O_NONBLOCK));
  const sys::UniqueFd to = TRY(sys::open_file(folder + "/file", O_WRONLY | O_CREAT | O_EXCL, 0600));
  TRY(sys::copy_file_data(from.value(), to.value(), node.path));
  if (prepared.tree->owners == Owners::Keep)
    TRY(sys::set_owner(to.value(), {node.status.st_uid, node.status.st_gid}));
  TRY(sys::set_mode(to.value(), node.status.st_mode & 07777));
  return StepMount{.kind = StepMount::Kind::Bind,
                   .target = prepared.mount.target,
                   .source = folder,
                   .subpath = "file",
                   .read_only = prepared.mount.read_only};
}

/// A folder of the host is shown as COPY takes it: everything is root's, whoever owns it here.
bool has_foreign_owner(const PreparedMount& prepared) {
  const auto& owner = prepared.seen.owner;
  return prepared.tree->owners == Owners::Reset && !(owner && owner->uid == 0 && owner->gid == 0);
}

/// What is all of one owner, through a mount that shows root instead.
base::Result<StepMount> make_mapped_bind(BuildJob& job, const PreparedMount& prepared, const TreeNode& node,
                                         MountSet& set) {
  const RunMount& mount = prepared.mount;
  StepMount out{.kind = StepMount::Kind::Detached, .target = mount.target, .read_only = mount.read_only};
  const sys::UniqueFd open = TRY(prepared.tree->tree.open_node(node, O_PATH));
  sys::UniqueFd mapped = TRY(sys::clone_as_root(open.value(), *prepared.seen.owner));
  std::vector<std::string> layers;
  if (node.is_folder()) layers = TRY(folder_layers(job, *prepared.tree, node, set));
  if (!mount.read_only || layers.size() > 1) {
    layers.pop_back();
    const sys::UniqueFd lowest = TRY(sys::open_at(mapped.value(), ".", O_RDONLY | O_DIRECTORY));
    sys::OverlayLayers overlay{.lower = std::move(layers), .upper = {}, .work = {}, .lowest = lowest.value()};
    if (!mount.read_only) {
      UpperFolders folders = TRY(make_upper(job, set));
      overlay.upper = std::move(folders.upper);
      overlay.work = std::move(folders.work);
    }
    mapped = TRY(sys::mount_overlay(overlay));
  }
  out.mounted = set.mounted.emplace_back(std::move(mapped)).value();
  return out;
}

/// A copy of the folder, where owners differ or cannot be mapped.
base::Result<StepMount> make_copied_bind(BuildJob& job, const PreparedMount& prepared, const TreeNode& node,
                                         MountSet& set) {
  const std::string folder = TRY(make_step_folder(job, set)) + "/fs";
  TRY(sys::make_directories(folder, 0700));
  ScanOptions options;
  options.wildcards = false;
  const auto sources = TRY(scan_source(*prepared.tree, prepared.mount.source, options));
  LayerWriter writer = TRY(LayerWriter::open(folder, {}, node.status.st_mtim));
  const CopyTarget target{.path = "/", .owner = sys::Ownership{}, .mode = {}, .parents = false};
  TRY(copy_sources(*prepared.tree, sources, target, writer, nullptr, job.cancellation));
  TRY(writer.finish());
  TRY(sys::change_mode(folder, node.status.st_mode & 07777));
  return StepMount{.kind = StepMount::Kind::Bind,
                   .target = prepared.mount.target,
                   .source = folder,
                   .read_only = prepared.mount.read_only};
}

base::Result<StepMount> make_bind(BuildJob& job, const PreparedMount& prepared, MountSet& set) {
  const RunMount& mount = prepared.mount;
  const TreeNode node = TRY(find_source(prepared));
  if (has_foreign_owner(prepared) && (node.is_folder() || mount.read_only)) {
    auto mapped = prepared.seen.owner ? make_mapped_bind(job, prepared, node, set)
                                      : base::fail(base::ErrorClass::Unsupported, "owners differ");
    // Whatever keeps it from being mapped, a copy shows the same.
    if (mapped) return mapped;
    return node.is_folder() ? make_copied_bind(job, prepared, node, set)
                            : make_private_file(job, prepared, node, set);
  }
  StepMount out{.kind = StepMount::Kind::Bind, .target = mount.target, .read_only = mount.read_only};
  if (!node.is_folder()) {
    if (!mount.read_only) return make_private_file(job, prepared, node, set);
    out.source = prepared.tree->tree.layer_path(node.layers.front());
    out.subpath = node.path;
    return out;
  }
  out.layers = TRY(folder_layers(job, *prepared.tree, node, set));
  if (mount.read_only && out.layers.size() == 1) {
    out.source = prepared.tree->tree.layer_path(node.layers.front());
    out.subpath = node.path;
    out.layers.clear();
    return out;
  }
  out.kind = StepMount::Kind::Overlay;
  if (mount.read_only) return out;
  UpperFolders folders = TRY(make_upper(job, set));
  out.upper = std::move(folders.upper);
  out.work = std::move(folders.work);
  return out;
}

base::Result<std::optional<std::string>> find_secret(const BuildJob& job, const PreparedMount& prepared) {
  const RunMount& mount = prepared.mount;
  for (const model::BuildSecret& secret : job.spec.secrets) {
    if (secret.id != mount.id) continue;
    if (secret.content) return secret.content;
    return std::optional(TRY_WHILE(sys::read_file(secret.file, kLargestSecret),
                                   fmt::format("reading the secret {}", mount.id)));
  }
  if (!mount.required) return std::optional<std::string>();
  return base::fail(
      base::make_error(base::ErrorClass::NotFound, fmt::format("--mount: no secret '{}' was given", mount.id))
          .at(prepared.span)
          .with_hint("compose: build.secrets"));
}

base::Result<> add_secret(BuildJob& job, const PreparedMount& prepared, MountSet& set) {
  const auto secret = TRY(find_secret(job, prepared));
  const RunMount& mount = prepared.mount;
  // There without a secret too, and empty: a script that demands its variables to be set has it either way.
  if (!mount.environment.empty())
    set.environment.push_back(fmt::format("{}={}", mount.environment, secret.value_or("")));
  if (!secret || mount.target.empty()) return {};
  const std::string folder = TRY(make_folder_in(TRY(job.memory_folder()), job, set));
  TRY(sys::write_file(folder + "/secret", *secret, 0400));
  const sys::UniqueFd fd = TRY(sys::open_file(folder + "/secret", O_RDONLY));
  TRY(sys::set_owner(fd.value(), {mount.uid.value_or(0), mount.gid.value_or(0)}));
  TRY(sys::set_mode(fd.value(), mount.mode.value_or(0400)));
  set.mounts.push_back({.kind = StepMount::Kind::Bind,
                        .target = mount.target,
                        .source = folder,
                        .subpath = "secret",
                        .read_only = true});
  return {};
}

base::Result<> add_ssh(BuildJob& job, const PreparedMount& prepared, std::size_t number, MountSet& set) {
  const RunMount& mount = prepared.mount;
  auto found = job.agents.find(mount.id, TRY(job.memory_folder()), job.cancellation);
  if (!found) return base::fail(std::move(found).error().at(prepared.span));
  const std::optional<std::string> agent = *std::move(found);
  if (!agent) {
    if (!mount.required) return {};
    return base::fail(base::make_error(base::ErrorClass::NotFound,
                                       fmt::format("--mount: no SSH agent '{}' was given", mount.id))
                          .at(prepared.span)
                          .with_hint("compose: build.ssh, with SSH_AUTH_SOCK set"));
  }
  const std::string folder = TRY(make_folder_in(TRY(job.memory_folder()), job, set));
  const SshProxy::Access access{
      .uid = mount.uid.value_or(0), .gid = mount.gid.value_or(0), .mode = mount.mode.value_or(0600)};
  auto proxy = SshProxy::start(*agent, folder + "/agent", access);
  if (!proxy) {
    return base::fail(std::move(proxy)
                          .error()
                          .at(prepared.span)
                          .while_doing(fmt::format("giving ssh '{}'", mount.id))
                          .with_hint("SSH_AUTH_SOCK has to name the socket of an agent that runs"));
  }
  set.proxies.push_back(*std::move(proxy));
  const std::string target =
      mount.target.empty() ? fmt::format("/run/buildkit/ssh_agent.{}", number) : mount.target;
  set.mounts.push_back(
      {.kind = StepMount::Kind::Bind, .target = target, .source = folder, .subpath = "agent"});
  set.environment.push_back("SSH_AUTH_SOCK=" + target);
  return {};
}

}  // namespace

std::string mount_key(const PreparedMount& prepared) {
  const RunMount& mount = prepared.mount;
  const auto number = [](const std::optional<std::uint32_t>& given) {
    return given ? std::to_string(*given) : "default";
  };
  return make_key({fmt::format("{} {} {} {} {} {} {} {}", static_cast<int>(mount.type), mount.read_only,
                               mount.required, static_cast<int>(mount.sharing), number(mount.uid),
                               number(mount.gid), mount.size ? mount.size->bytes : 0, number(mount.mode)),
                   mount.target, mount.id, mount.environment});
}

base::Result<std::string> read_mount(BuildJob& job, PreparedMount& prepared) {
  if (prepared.tree == nullptr) return std::string();
  auto seen = look_at_source(*prepared.tree, prepared.mount.source, job.cache);
  if (!seen) return base::fail(std::move(seen).error().at(prepared.span));
  prepared.seen = *std::move(seen);
  return prepared.seen.checksum;
}

bool are_unchanged(const std::vector<PreparedMount>& mounts) {
  return std::all_of(mounts.begin(), mounts.end(), [](const PreparedMount& prepared) {
    return prepared.tree == nullptr || is_unchanged(*prepared.tree, prepared.mount.source, prepared.seen);
  });
}

base::Result<MountSet> make_mounts(BuildJob& job, const std::vector<PreparedMount>& mounts) {
  MountSet set;
  CacheMounts caches = TRY(open_cache_mounts(job, mounts));
  set.locks = std::move(caches.locks);
  std::size_t agents = 0, used_caches = 0;
  const auto add = [&](const PreparedMount& prepared) -> base::Result<> {
    const RunMount& mount = prepared.mount;
    switch (mount.type) {
      case RunMountType::Bind: set.mounts.push_back(TRY(make_bind(job, prepared, set))); return {};
      case RunMountType::Tmpfs:
        set.mounts.push_back({.kind = StepMount::Kind::Tmpfs, .target = mount.target, .size = mount.size});
        return {};
      case RunMountType::Secret: return add_secret(job, prepared, set);
      case RunMountType::Ssh: return add_ssh(job, prepared, agents++, set);
      case RunMountType::Cache:
        set.mounts.push_back({.kind = StepMount::Kind::Bind,
                              .target = mount.target,
                              .source = caches.folders[used_caches++],
                              .read_only = mount.read_only});
        return {};
    }
    return {};
  };
  for (const PreparedMount& prepared : mounts) {
    auto added = add(prepared);
    if (added) continue;
    remove_mounts(set);
    return base::fail(std::move(added).error());
  }
  return set;
}

void remove_mounts(const MountSet& mounts) {
  for (const std::string& folder : mounts.folders) static_cast<void>(sys::remove_tree(folder));
}

}  // namespace runtime::build
