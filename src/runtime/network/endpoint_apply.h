// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/result.h"
#include "runtime/network/endpoint_plan.h"
#include "sys/event_loop.h"

namespace runtime::network {

/// A container's network while its monitor lives: the namespace (the monitor stands in it), the held host
/// ports, the resolver. Used from one thread.
//
//   monitor, in the host's namespace            monitor, in the container's
//   bind + listen host ports ─┐
//   netlink sockets           │
//   unshare(CLONE_NEWNET) ────┴───────────────► veth made from the host's socket, its end in here
//                                               links up, addresses, routes; resolver on 127.0.0.11
//   table elements, names                       (through sockets opened before)
class AttachedNetwork {
 public:
  virtual ~AttachedNetwork() = default;
  /// The ports in use; encode() it for the starter.
  virtual const NetworkState& state() const = 0;
  /// Answers names and carries connections from here on. `loop` must outlive this object.
  virtual base::Result<> serve(sys::EventLoop& loop) = 0;
  /// Takes back table elements and names, stops serving and closes the held ports. The links go with
  /// the namespace, when the last process in it ends. Goes on after a failure and reports all.
  virtual base::Result<> remove() = 0;
};

/// Puts the calling process, which must be single threaded and in the host's network namespace, into the
/// namespace of the plan, with everything in it set up. After a failure nothing is left outside, but the
/// caller may stand in a new empty namespace and should end.
/// Conflict, naming address and port: a host port is taken. NotFound: the bridge is missing.
base::Result<std::unique_ptr<AttachedNetwork>> apply_endpoints(const NetworkPlan& plan);

/// What AttachedNetwork::remove does outside, for a monitor that can no longer: by the plan alone.
base::Result<> remove_endpoints(const NetworkPlan& plan);

}  // namespace runtime::network
