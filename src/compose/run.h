// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "compose/session.h"
#include "compose/up.h"
#include "model/project.h"

namespace compose {

/// One-off container of a service, with what the command line lays over the service.
struct RunOptions {
  std::string service;
  std::vector<std::string> command;  ///< Empty: the service's own.
  std::optional<std::vector<std::string>> entrypoint;
  std::vector<std::string> environment;  ///< "K=V", or "K" from `project.environment`.
  std::map<std::string, std::string> labels;
  std::vector<std::string> cap_add, cap_drop;
  std::vector<model::ServicePort> ports;  ///< --publish
  std::vector<model::MountSpec> mounts;   ///< --volume
  std::string name, user, working_dir;
  std::string slug;  ///< Random, at least 12 hex digits.
  bool detach = false, remove = false, service_ports = false, use_aliases = false, no_dependencies = false;
  bool tty = false, interactive = true;
  UpOptions up;  ///< For the dependencies and the image.
};

/// Sends the container a signal that the user meant for it. One that has ended by now is no error.
base::Result<> forward_signal(Session& session, const std::string& container, const std::string& signal);

/// Told the container's ID once it is made; gives the streams to connect it to, unless it is detached.
using OnCreated = std::function<base::Result<engine_client::TerminalStreams>(const std::string& id)>;

/// Brings up what the service depends on, then runs its one-off container. The result is the container's
/// exit code; 0 when it is detached.
base::Result<int> run(Session& session, const model::Project& project, const RunOptions& options,
                      const OnCreated& on_created);

}  // namespace compose
