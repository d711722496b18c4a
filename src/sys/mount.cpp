// SPDX-License-Identifier: Apache-2.0
#include "sys/mount.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

#include <fmt/format.h>

#include "sys/call_error.h"

namespace sys {
namespace {

/// What the kernel wrote into the context's log, newest last: "overlay: ..." lines.
std::string read_context_log(int context) {
  std::string text;
  char line[512];
  for (int i = 0; i < 8; ++i) {
    const ssize_t count = ::read(context, line, sizeof line);
    if (count <= 2) break;
    if (!text.empty()) text += "; ";
    text.append(line + 2, static_cast<std::size_t>(count) - 2);
    while (!text.empty() && text.back() == '\n') text.pop_back();
  }
  return text;
}

tl::unexpected<base::Error> context_failed(int context, std::string call) {
  const int saved = errno;
  const std::string log = read_context_log(context);
  if (!log.empty()) call += fmt::format(" [{}]", log);
  return base::fail(base::make_errno_error(call, saved));
}

base::Result<UniqueFd> open_context(const std::string& type) {
  const int context = ::fsopen(type.c_str(), FSOPEN_CLOEXEC);
  if (context < 0) return call_failed(fmt::format("fsopen(\"{}\")", type));
  return UniqueFd(context);
}

base::Result<> set_option(int context, const std::string& type, const std::string& key,
                          const std::string& value) {
  if (::fsconfig(context, FSCONFIG_SET_STRING, key.c_str(), value.c_str(), 0) != 0) {
    return context_failed(context, fmt::format("fsconfig({}, \"{}\", \"{}\")", type, key, value));
  }
  return {};
}

base::Result<> set_flag(int context, const std::string& type, const std::string& key) {
  if (::fsconfig(context, FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0) != 0) {
    return context_failed(context, fmt::format("fsconfig({}, \"{}\")", type, key));
  }
  return {};
}

base::Result<UniqueFd> finish_context(int context, const std::string& type, std::uint64_t attributes) {
  if (::fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return context_failed(context, fmt::format("mount of {}", type));
  }
  const int mounted = ::fsmount(context, FSMOUNT_CLOEXEC, static_cast<unsigned>(attributes));
  if (mounted < 0) return context_failed(context, fmt::format("fsmount({})", type));
  return UniqueFd(mounted);
}

/// One `lowerdir+` for each layer has no limit on their length; the kernel has it since 6.8. Older ones
/// answer EINVAL, some only at the end.
base::Result<UniqueFd> mount_overlay_by_parts(const OverlayLayers& layers) {
  const UniqueFd context = TRY(open_context("overlay"));
  TRY(set_option(context.value(), "overlay", "source", "overlay"));
  for (const std::string& layer : layers.lower) {
    TRY(set_option(context.value(), "overlay", "lowerdir+", layer));
  }
  if (layers.lowest >= 0) {
    if (::fsconfig(context.value(), FSCONFIG_SET_FD, "lowerdir+", nullptr, layers.lowest) != 0)
      return context_failed(context.value(), "fsconfig(overlay, \"lowerdir+\", an open folder)");
  }
  if (!layers.upper.empty()) {
    TRY(set_option(context.value(), "overlay", "upperdir", layers.upper));
    TRY(set_option(context.value(), "overlay", "workdir", layers.work));
    // No file system identity of its own: it would be written to the layer at its first mount.
    TRY(set_option(context.value(), "overlay", "uuid", "off"));
    if (layers.unsynced) TRY(set_flag(context.value(), "overlay", "volatile"));
  }
  return finish_context(context.value(), "overlay", 0);
}

/// Where all paths share a folder, their options name them relative to it: mount(2) takes one page.
std::size_t common_folder_length(const OverlayLayers& layers) {
  std::string_view common = layers.lower.front();
  const auto shorten = [&common](std::string_view path) {
    std::size_t same = 0;
    while (same < common.size() && same < path.size() && common[same] == path[same]) ++same;
    common = common.substr(0, same);
  };
  for (const std::string& layer : layers.lower) shorten(layer);
  if (!layers.upper.empty()) shorten(layers.upper);
  if (!layers.upper.empty()) shorten(layers.work);
  const auto slash = common.rfind('/');
  return slash == std::string_view::npos ? 0 : slash + 1;
}

base::Result<UniqueFd> mount_overlay_by_page(const OverlayLayers& layers) {
  constexpr std::size_t kPage = 4096;
  const std::size_t skip = common_folder_length(layers);
  std::string options = "lowerdir=";
  for (const std::string& layer : layers.lower) {
    if (options.back() != '=') options += ':';
    options += layer.substr(skip);
  }
  if (!layers.upper.empty()) {
    options += fmt::format(",upperdir={},workdir={}{}", layers.upper.substr(skip), layers.work.substr(skip),
                           layers.unsynced ? ",volatile" : "");
  }
  if (options.size() >= kPage) {
    return base::fail(
        base::make_error(base::ErrorClass::Unsupported,
                         fmt::format("{} layers are too many for this kernel's overlay", layers.lower.size()))
            .with_hint("kernel 6.8 and later have no such limit; merge layers otherwise"));
  }
  const UniqueFd before(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (skip > 0 && ::chdir(layers.lower.front().substr(0, skip).c_str()) != 0) {
    return call_failed(fmt::format("chdir(\"{}\")", layers.lower.front().substr(0, skip)));
  }
  const std::string& place = layers.upper.empty() ? layers.lower.front() : layers.upper;
  if (::mount("overlay", place.c_str(), "overlay", 0, options.c_str()) != 0) {
    return call_failed(fmt::format("mount(\"overlay\", \"{}\", \"{}\")", place, options));
  }
  if (before.valid() && ::fchdir(before.value()) != 0) return call_failed("fchdir(back)");
  return clone_tree(AT_FDCWD, place, Recursion::Single);
}

}  // namespace

base::Result<UniqueFd> clone_tree(int directory, const std::string& path, Recursion recursion) {
  const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH |
                         (recursion == Recursion::Recursive ? AT_RECURSIVE : 0u);
  const int fd = ::open_tree(directory, path.c_str(), flags);
  if (fd < 0) return call_failed(fmt::format("open_tree(\"{}\", clone)", path));
  return UniqueFd(fd);
}

base::Result<UniqueFd> mount_filesystem(const std::string& type, const std::string& source,
                                        std::string_view options, std::uint64_t attributes) {
  const UniqueFd context = TRY(open_context(type));
  TRY(set_option(context.value(), type, "source", source.empty() ? type : source));
  while (!options.empty()) {
    const auto comma = options.find(',');
    const std::string_view option = options.substr(0, comma);
    options.remove_prefix(comma == std::string_view::npos ? options.size() : comma + 1);
    if (option.empty()) continue;
    const auto equals = option.find('=');
    if (equals != std::string_view::npos) {
      TRY(set_option(context.value(), type, std::string(option.substr(0, equals)),
                     std::string(option.substr(equals + 1))));
    } else {
      TRY(set_flag(context.value(), type, std::string(option)));
    }
  }
  return finish_context(context.value(), type, attributes);
}

base::Result<UniqueFd> mount_overlay(const OverlayLayers& layers) {
  base::Result<UniqueFd> mounted = mount_overlay_by_parts(layers);
  if (mounted || mounted.error().errno_value != EINVAL || layers.lowest >= 0) return mounted;
  base::Result<UniqueFd> by_page = mount_overlay_by_page(layers);
  // Where the kernel wrote down why, it does know the newer form, and the reason is the better answer.
  const bool explained = mounted.error().message.find(" [") != std::string::npos;
  return by_page || !explained ? std::move(by_page) : std::move(mounted);
}

base::Result<> set_mount_attributes(int mount, std::uint64_t set, std::uint64_t clear,
                                    std::uint64_t propagation, Recursion recursion) {
  mount_attr attributes{};
  attributes.attr_set = set;
  attributes.attr_clr = clear;
  attributes.propagation = propagation;
  const unsigned flags = AT_EMPTY_PATH | (recursion == Recursion::Recursive ? AT_RECURSIVE : 0u);
  if (::mount_setattr(mount, "", flags, &attributes, sizeof attributes) != 0) {
    return call_failed(fmt::format("mount_setattr(set {:#x}, propagation {:#x})", set, propagation));
  }
  return {};
}

base::Result<> attach_mount(int mount, int target, std::string_view where) {
  if (::move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0) {
    return call_failed(fmt::format("move_mount(\"{}\")", where));
  }
  return {};
}

base::Result<> set_root_propagation(std::uint64_t flags) {
  if (::mount(nullptr, "/", nullptr, MS_REC | flags, nullptr) != 0) {
    return call_failed(fmt::format("mount(\"/\", propagation {:#x})", flags));
  }
  return {};
}

base::Result<> switch_root(int root) {
  if (::fchdir(root) != 0) return call_failed("fchdir(new root)");
  if (::syscall(SYS_pivot_root, ".", ".") != 0) return call_failed("pivot_root(\".\", \".\")");
  // The old root now lies on top of the new one.
  if (::umount2(".", MNT_DETACH) != 0) return call_failed("umount2(old root)");
  if (::chdir("/") != 0) return call_failed("chdir(\"/\")");
  return {};
}

base::Result<std::uint64_t> file_system_magic(int fd) {
  struct statfs status {};
  if (::fstatfs(fd, &status) != 0) return call_failed("fstatfs");
  return static_cast<std::uint64_t>(status.f_type);
}

}  // namespace sys
