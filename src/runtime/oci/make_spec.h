// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/container_spec.h"
#include "model/observed.h"
#include "runtime/oci/spec.h"

namespace runtime::oci {

enum class CgroupSupport { V1, V2, Hybrid };

/// What make_spec() cannot know from the request: everything that had to be looked up on the machine.
struct SpecInputs {
  std::string id;            ///< Container ID, 64 hex digits.
  std::string root_path;     ///< Root file system, for a foreign runtime; may be empty.
  std::string hostname;      ///< Resolved; empty: the first 12 digits of the ID.
  std::string cgroups_path;  ///< "/compose/<id>"
  /// All mounts of the request with `source` an absolute host path (bind and volume) and anonymous
  /// volumes of the image, then the files of the engine (hosts, hostname, resolv.conf, secrets).
  std::vector<model::MountSpec> mounts;
  /// Namespace files for modes that share: "container:<id>" given as /proc/<pid>/ns/...; "" otherwise.
  std::string pid_path, ipc_path, uts_path, network_path;
  /// The request's devices as found on the host, and those a privileged container gets.
  std::vector<Device> devices;
  /// Block devices named by block_io, by path.
  std::map<std::string, Device> block_devices;
  /// Folder that is /dev/shm for containers which share it (ipc: shareable, container:<id>); empty: a
  /// tmpfs of the container's own.
  std::string shm_path;
  CgroupSupport cgroup = CgroupSupport::Hybrid;
  bool apparmor_enabled = false, selinux_enabled = false;
  /// Capabilities a container can be given here, as a mask (sys::available_capabilities()): what
  /// `privileged` and ALL stand for. Asking for another one by name is an error.
  std::uint64_t known_capabilities = (std::uint64_t{1} << 41) - 1;
};

/// The container a request means, with Docker's defaults for all it leaves open. Pure. Invalid or
/// Unsupported for what cannot be honoured, with the attribute's name.
base::Result<Spec> make_spec(const model::ContainerSpec& request, const model::ObservedImage& image,
                             const SpecInputs& inputs);

/// Entrypoint and command as run: an entrypoint in the request drops the image's command.
/// Invalid when nothing is left to run.
base::Result<std::vector<std::string>> make_arguments(const model::ContainerSpec& request,
                                                      const model::ObservedImage& image);

/// PATH, HOSTNAME and TERM by default, then the image's, then the request's; a bare "K" removes K.
std::vector<std::string> make_environment(const model::ContainerSpec& request,
                                          const model::ObservedImage& image, const std::string& hostname);

}  // namespace runtime::oci
