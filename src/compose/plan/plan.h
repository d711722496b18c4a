// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/duration.h"
#include "base/error.h"
#include "model/build_spec.h"
#include "model/container_spec.h"
#include "model/network_spec.h"
#include "model/service.h"

namespace compose::plan {

/// 1-based place of a step in its plan; 0 is "none".
using StepId = std::size_t;

/// A container a plan speaks of: one that the engine has, or the one that a step creates.
struct ContainerRef {
  std::string id;  ///< Empty when `created_by` is set.
  StepId created_by = 0;
  std::string name;  ///< The name it has in the end; for display.
  bool operator==(const ContainerRef&) const = default;
};

/// What a new container takes over from another one whose ID may only be known once it is created.
enum class SharedPart { Network, Pid, Ipc, Uts, Volumes };
struct SharedFrom {
  SharedPart part = SharedPart::Network;
  ContainerRef donor;
  bool read_only = false;  ///< Volumes only.
};

struct CreateNetwork {
  std::string key;
  model::NetworkSpec spec;
};
struct RemoveNetwork {
  std::string name, id;
  bool leave_if_used = false;  ///< Somebody else's container is attached: a warning, no failure.
};
struct ConnectNetwork {
  std::string network;
  ContainerRef container;
  model::EndpointSpec endpoint;
};
struct DisconnectNetwork {
  std::string network;
  ContainerRef container;
};
struct CreateVolume {
  std::string key;
  model::VolumeSpec spec;
};
struct RemoveVolume {
  std::string name;
  bool leave_if_used = false;
};
struct PullImage {
  std::string reference, platform;
};
struct BuildImage {
  std::string service, reference;
  model::BuildSpec spec;
};
struct PushImage {
  std::string reference;
};
struct RemoveImage {
  std::string reference;
  bool leave_if_used = false;
};
struct CreateContainer {
  std::string service;
  int number = 0;  ///< 0: a one-off or a hook's container.
  model::ContainerSpec spec;
  std::vector<SharedFrom> shared;  ///< Laid into `spec` once the donors' IDs are known.
};
struct StartContainer {
  ContainerRef container;
};
struct StopContainer {
  ContainerRef container;
  std::optional<base::Duration> timeout;  ///< Unset: the container's own.
};
struct KillContainer {
  ContainerRef container;
  std::string signal;
};
struct PauseContainer {
  ContainerRef container;
};
struct UnpauseContainer {
  ContainerRef container;
};
struct RemoveContainer {
  ContainerRef container;
  bool anonymous_volumes = false;  ///< Remove them too.
  bool force = false;
};
struct RenameContainer {
  ContainerRef container;
  std::string name;
};

/// What is waited for. RunningOrHealthy: `up --wait`: healthy where there is a health check, else
/// running, or exited with 0 and not restarted.
enum class WaitCondition { Healthy, CompletedSuccessfully, RunningOrHealthy };
struct WaitFor {
  std::string service;
  WaitCondition condition = WaitCondition::Healthy;
  std::vector<ContainerRef> containers;   ///< All of them; for completion the first one to exit decides.
  std::optional<base::Duration> timeout;  ///< Unset: as long as it takes.
};

/// post_start or pre_stop: a process in the running container that must exit with 0.
struct RunHook {
  std::string kind;  ///< "post_start", "pre_stop"
  ContainerRef container;
  model::Hook hook;
};

/// Exactly one call of the engine (a wait is one, too).
using EngineCall = std::variant<CreateNetwork, RemoveNetwork, ConnectNetwork, DisconnectNetwork, CreateVolume,
                                RemoveVolume, PullImage, BuildImage, PushImage, RemoveImage, CreateContainer,
                                StartContainer, StopContainer, KillContainer, PauseContainer,
                                UnpauseContainer, RemoveContainer, RenameContainer, WaitFor, RunHook>;

/// What a failed step does to the rest.
enum class OnFailure {
  Stop,  ///< Steps that depend on it never run; the plan's policy decides about the others.
  Warn,  ///< Reported as a warning; steps that depend on it run as if it had succeeded.
};

struct Step {
  StepId id = 0;
  std::vector<StepId> depends_on;  ///< Ascending, each smaller than `id`.
  std::string
      group;  ///< What is shown as one line of progress: "Container shop-web-1", "Network shop_default".
  std::string cause;  ///< Why the step is there; never empty.
  EngineCall call;
  OnFailure on_failure = OnFailure::Stop;
  /// Run only if that step (one of `depends_on`) failed, whose failure then counts for nothing.
  StepId fallback_for = 0;
};

/// A question the user must answer with yes before the plan may do what it asks.
struct Confirmation {
  std::string id;        ///< For ReconcileOptions::confirmed.
  std::string question;  ///< Without the "(y/N)".
};

/// Whether independent steps go on after one has failed.
enum class FailurePolicy { StopNewWork, GoOn };

/// What to do, complete: a graph of steps in an order that respects their dependencies. A value: made
/// without the engine, printed for --dry-run, executed without any further decision.
struct Plan {
  std::vector<Step> steps;
  FailurePolicy failure_policy = FailurePolicy::StopNewWork;
  std::vector<base::Error> warnings;
  std::vector<Confirmation> confirmations;
  std::vector<std::string> unchanged;  ///< Containers that are right as they are and running, by name.

  bool empty() const { return steps.empty(); }
};

/// "create container", "wait for": what the step's call does, in words.
std::string_view verb(const EngineCall& call);
/// The same for "while ...": "creating container".
std::string_view doing(const EngineCall& call);
/// The name of what it is done to: "shop-web-1", "shop_default", "postgres:16".
std::string object(const EngineCall& call);

/// One line a step: `#3 create container shop-web-1 [after #1 #2]: no such container`, then the
/// warnings and questions. What `--dry-run` prints; empty for an empty plan.
std::string to_text(const Plan& plan);

}  // namespace compose::plan
