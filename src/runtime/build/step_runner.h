// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_size.h"
#include "base/cancellation.h"
#include "base/result.h"
#include "model/resources.h"

namespace runtime::build {

/// What a RUN instruction may reach. Dockerfile reference: RUN --network.
enum class StepNetwork {
  Default,  ///< Its own namespace with a way out, as containers get.
  None,     ///< Its own namespace with loopback only.
  Host,     ///< The host's.
};

/// One thing to mount in a step's root. Sources are folders of the engine's own, or the build context; what
/// is below them was resolved by the builder, so a link met in `subpath` is somebody's race and must be
/// refused.
struct StepMount {
  enum class Kind {
    Bind,     ///< `subpath` beneath `source`: a folder, a file or a socket; without mounts below it.
    Overlay,  ///< `layers`, read-only, or with `upper` and `work` on top.
    Tmpfs,
    Detached,  ///< `mounted`, which the builder made; good for one run.
  };
  Kind kind = Kind::Bind;
  std::string target;               ///< Absolute path in the step; the runner resolves it inside the root.
  std::string source, subpath;      ///< Bind: absolute host path; relative path, may be empty.
  std::vector<std::string> layers;  ///< Overlay: absolute host paths, top first; may be one only.
  std::string upper, work;          ///< Overlay: empty for a read-only one.
  int mounted = -1;                 ///< Detached: a descriptor of the mount.
  bool read_only = false;
  std::optional<base::ByteSize> size;  ///< Tmpfs.
};

/// One process of a build: what RUN needs, fully resolved. Paths of the host are absolute.
struct StepProcess {
  std::string id;                       ///< Unique, [0-9a-f]: for a cgroup's name and the like.
  std::vector<std::string> lower_dirs;  ///< Read-only layers, top first; empty for `FROM scratch`.
  std::string upper, work;              ///< Of the overlay that takes the step's writes.
  std::vector<std::string> argv;        ///< argv[0] is searched in PATH of `env`, inside the root.
  std::vector<std::string> env;         ///< "K=V", complete.
  std::string user;                     ///< As in the image configuration: "", "1000:1000", "www-data".
  std::string cwd = "/";
  std::string hostname = "build";
  /// In this order, after the runner's own (/proc, /dev, /dev/shm, /sys, /etc/hosts, /etc/resolv.conf).
  std::vector<StepMount> mounts;
  StepNetwork network = StepNetwork::Default;
  bool insecure = false;                 ///< RUN --security=insecure: as a privileged container.
  std::vector<std::string> extra_hosts;  ///< "name=ip"
  std::map<std::string, model::Ulimit> ulimits;
  std::optional<base::ByteSize> shm_size;
};

/// Bytes a step wrote to its standard output or error, as they come. Called from one thread at a time.
using OutputSink = std::function<void(std::string_view bytes)>;

/// How a process that did start ended.
struct StepExit {
  int code = 0;  ///< 128 + signal when a signal ended it.
  bool oom_killed = false;
};

/// Runs the process of a RUN instruction to its end in a container of its own. Implemented by the engine.
/// Called from several threads at once, for independent stages.
class StepRunner {
 public:
  virtual ~StepRunner() = default;

  /// Everything the process started is gone when this returns, and so are its mounts. Empty mount points
  /// which had to be made in `upper` are left there: the builder takes them out. Cancelled when
  /// `cancellation` was requested; another Error when the process could not be started. An exit code other
  /// than 0 is not an Error.
  virtual base::Result<StepExit> run(const StepProcess& process, const OutputSink& output,
                                     const base::Cancellation& cancellation) = 0;
};

}  // namespace runtime::build
