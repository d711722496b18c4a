// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "compose/plan/builder.h"
#include "compose/plan/container_spec.h"
#include "compose/plan/divergence.h"
#include "compose/plan/options.h"
#include "model/observed.h"
#include "model/project.h"

namespace compose::plan {

/// What becomes of one container, existing or wanted.
enum class Fate { Keep, Create, Replace, Remove };

/// One container of a service on its way from what is observed to what is wanted.
struct Replica {
  Fate fate = Fate::Keep;
  int number = 0;
  std::string name;                                    ///< In the end.
  const model::ObservedContainer* existing = nullptr;  ///< Not with Create.
  std::string cause;                                   ///< Of Create, Replace, Remove.
  bool stop = false;  ///< `existing` runs and must not while the plan works on it.
  std::string stop_cause;
  bool early = false;         ///< Stop it before networks and volumes are made anew.
  bool remove_early = false;  ///< Also remove it then: it uses a volume that is made anew.
  bool start = false;
  std::string start_cause;
  std::vector<std::string> reconnect;  ///< Networks made anew, to attach a kept container to again.
  ContainerRef ref;                    ///< The container there is in the end.
  StepId created = 0, stopped = 0, disconnected = 0, removed = 0;
  StepId ready = 0;    ///< It exists, under its name.
  StepId started = 0;  ///< It runs, and its post_start hooks have.
};

struct ServiceState {
  const model::Service* service = nullptr;
  std::vector<Replica> replicas;
  bool recreated = false;
};

/// One network or volume of the project.
struct ResourceState {
  std::string name, id;       ///< `id` empty: not there (volumes have their name as ID).
  std::string cause;          ///< Why it is created; empty: it stays.
  bool remove_first = false;  ///< It is there and must be made anew.
  std::string stale;          ///< Name of an older one of the same key, to remove at the end.
  StepId ready = 0;
};

/// The work of reconcile() in its two halves: first every decision is taken, then steps are written in an
/// order in which each depends on earlier ones only. Lives for one call.
class Reconciler {
 public:
  Reconciler(const model::Project& project, const model::Observed& observed, const ReconcileOptions& options);
  base::Result<Plan> run();

 private:
  // Decisions (reconcile_resources.cpp, reconcile_services.cpp).
  void decide_networks();
  void decide_network(const model::ProjectNetwork& network, ResourceState& state);
  void decide_volumes();
  void decide_volume(const model::ProjectVolume& volume, ResourceState& state);
  void decide_services();
  void decide_service(const model::Service& service);
  void decide_surplus(ServiceState& state, std::vector<const model::ObservedContainer*>& existing,
                      int wanted);
  Replica decide_existing(const model::Service& service, const model::ObservedContainer& container);
  void mark_users_of_remade_resources(Replica& replica);
  void decide_restart_dependents();
  void decide_orphans();
  void expect_mounted_images(const model::Service& service, Expectation& expected) const;
  std::optional<std::string> replacement_cause(const model::Service& service,
                                               const model::ObservedContainer& container) const;
  void expect_image(const model::Service& service);

  // Steps (reconcile_steps.cpp, reconcile_start.cpp).
  void write_early_stops();
  void write_early_stop(const std::string& service, Replica& replica);
  void write_resources();
  void write_creations();
  void write_creation(ServiceState& state, Replica& replica);
  std::vector<SharedFrom> resolve_shared(const model::Service& service, std::vector<StepId>& after);
  void write_stops_and_removals();
  void write_stop(const std::string& service, Replica& replica);
  void write_removal(Replica& replica);
  void write_reconnections(Replica& replica, const model::Service& service);
  void write_rename(Replica& replica);
  void write_starts();
  void write_start(const model::Service& service, Replica& replica, std::vector<StepId> after);
  StepId write_pre_start(const ServiceState& state, const std::vector<StepId>& after);
  bool is_satisfied(const ServiceState& state, WaitCondition condition) const;
  bool lacks_health_check(const model::Service& service) const;
  std::vector<StepId> conditions_of(const model::Service& service);
  StepId write_wait(const std::string& name, WaitCondition condition, bool required,
                    const std::string& cause);
  void write_final_waits();
  void write_orphans();

  const ServiceState* find_state(const std::string& service) const;
  Recreate policy_of(const std::string& service) const;
  void carry_anonymous_volumes(const model::ObservedContainer& old, model::ContainerSpec& spec) const;
  std::vector<StepId> stops_of_restart_dependents(const std::string& service) const;

  const model::Project& project_;
  const model::Observed& observed_;
  const ReconcileOptions& options_;
  std::vector<std::string> order_;  ///< Services, dependencies first.
  std::map<std::string, std::vector<std::string>> dependents_;
  /// The services' containers, one-offs left out, by service.
  std::map<std::string, std::vector<const model::ObservedContainer*>> containers_;
  std::map<std::string, ResourceState> networks_, volumes_;  ///< By key.
  std::map<std::string, ServiceState> services_;
  std::vector<Replica> orphans_;
  std::map<std::pair<std::string, WaitCondition>, StepId> waits_;
  base::Diagnostics diagnostics_;
  PlanBuilder builder_;
};

}  // namespace compose::plan
