// SPDX-License-Identifier: Apache-2.0
#include "compose/execute/call.h"

#include <fmt/format.h>

namespace compose::execute {
namespace {

using base::Result;

/// NotFound is what a removal wants: somebody else was faster.
Result<CallResult> removed(Result<> result) {
  if (!result && result.error().error_class != base::ErrorClass::NotFound) {
    return base::fail(std::move(result).error());
  }
  return CallResult{};
}

Result<CallResult> removed_unless_used(Result<> result, bool leave_if_used) {
  if (!result && leave_if_used && result.error().error_class == base::ErrorClass::Conflict) {
    return CallResult{"", std::move(result).error()};
  }
  return removed(std::move(result));
}

Result<CallResult> done(Result<> result) {
  if (!result) return base::fail(std::move(result).error());
  return CallResult{};
}

void lay_in(const plan::SharedFrom& shared, const std::string& donor, model::ContainerSpec& spec) {
  const std::string mode = "container:" + donor;
  switch (shared.part) {
    case plan::SharedPart::Network: spec.network_mode = mode; break;
    case plan::SharedPart::Pid: spec.pid_mode = mode; break;
    case plan::SharedPart::Ipc: spec.ipc_mode = mode; break;
    case plan::SharedPart::Uts: spec.uts_mode = mode; break;
    case plan::SharedPart::Volumes:
      spec.volumes_from.push_back(shared.read_only ? donor + ":ro" : donor);
      break;
  }
}

/// One function for each kind of step: the visitor of make_call().
struct Caller {
  const CallContext& context;
  engine_client::Engine& engine = context.engine;

  Result<CallResult> operator()(const plan::CreateNetwork& call) const {
    auto created = engine.networks().create(call.spec);
    // Made by another command at the same time: as good as ours.
    if (!created && (created.error().error_class != base::ErrorClass::Conflict ||
                     !engine.networks().inspect(call.spec.name))) {
      return base::fail(std::move(created).error());
    }
    return CallResult{};
  }
  Result<CallResult> operator()(const plan::RemoveNetwork& call) const {
    return removed_unless_used(engine.networks().remove(call.id.empty() ? call.name : call.id),
                               call.leave_if_used);
  }
  Result<CallResult> operator()(const plan::ConnectNetwork& call) const {
    return done(engine.networks().connect(call.network, context.id_of(call.container), call.endpoint));
  }
  Result<CallResult> operator()(const plan::DisconnectNetwork& call) const {
    return done(engine.networks().disconnect(call.network, context.id_of(call.container)));
  }
  Result<CallResult> operator()(const plan::CreateVolume& call) const {
    return done(engine.volumes().create(call.spec));
  }
  Result<CallResult> operator()(const plan::RemoveVolume& call) const {
    return removed_unless_used(engine.volumes().remove(call.name), call.leave_if_used);
  }
  Result<CallResult> operator()(const plan::PullImage& call) const {
    return done(engine.images().pull(call.reference, {call.platform}, context.on_image,
                                     context.options.cancellation));
  }
  Result<CallResult> operator()(const plan::BuildImage& call) const {
    auto built = engine.images().build(call.spec, context.on_image, context.options.cancellation);
    if (!built) return base::fail(std::move(built).error());
    return CallResult{};
  }
  Result<CallResult> operator()(const plan::PushImage& call) const {
    return done(engine.images().push(call.reference, context.on_image, context.options.cancellation));
  }
  Result<CallResult> operator()(const plan::RemoveImage& call) const {
    auto gone = engine.images().remove(call.reference, false);
    return removed_unless_used(gone ? Result<>() : base::fail(std::move(gone).error()), call.leave_if_used);
  }
  Result<CallResult> operator()(const plan::CreateContainer& call) const {
    const base::Cancellation& stop = context.options.cancellation;
    if (call.shared.empty())
      return CallResult{TRY(engine.containers().create(call.spec, stop)), std::nullopt};
    model::ContainerSpec spec = call.spec;
    for (const plan::SharedFrom& shared : call.shared) lay_in(shared, context.id_of(shared.donor), spec);
    return CallResult{TRY(engine.containers().create(spec, stop)), std::nullopt};
  }
  Result<CallResult> operator()(const plan::StartContainer& call) const {
    return done(engine.containers().start(context.id_of(call.container)));
  }
  Result<CallResult> operator()(const plan::StopContainer& call) const {
    return removed(engine.containers().stop(context.id_of(call.container), {call.timeout}));
  }
  Result<CallResult> operator()(const plan::KillContainer& call) const {
    return removed(engine.containers().kill(context.id_of(call.container), call.signal));
  }
  Result<CallResult> operator()(const plan::PauseContainer& call) const {
    return done(engine.containers().pause(context.id_of(call.container)));
  }
  Result<CallResult> operator()(const plan::UnpauseContainer& call) const {
    return done(engine.containers().unpause(context.id_of(call.container)));
  }
  Result<CallResult> operator()(const plan::RemoveContainer& call) const {
    engine_client::RemoveOptions options;
    options.force = call.force;
    options.anonymous_volumes = call.anonymous_volumes ? engine_client::AnonymousVolumes::Remove
                                                       : engine_client::AnonymousVolumes::Keep;
    return removed(engine.containers().remove(context.id_of(call.container), options));
  }
  Result<CallResult> operator()(const plan::RenameContainer& call) const {
    return done(engine.containers().rename(context.id_of(call.container), call.name));
  }
  Result<CallResult> operator()(const plan::RunHook& call) const {
    engine_client::ExecSpec spec;
    spec.command = call.hook.command.value_or(std::vector<std::string>{});
    for (const auto& [key, value] : call.hook.environment) {
      if (value) spec.environment.push_back(fmt::format("{}={}", key, *value));
    }
    spec.user = call.hook.user;
    spec.working_dir = call.hook.working_dir;
    spec.privileged = call.hook.privileged;
    const int code = TRY(engine.exec().run(context.id_of(call.container), spec, context.options.hook_streams,
                                           context.options.cancellation));
    if (code == 0) return CallResult{};
    return base::fail(base::ErrorClass::Conflict, fmt::format("{} hook of {} exited with status code {}",
                                                              call.kind, call.container.name, code));
  }
  Result<CallResult> operator()(const plan::WaitFor&) const {
    return base::fail(base::ErrorClass::Internal, "a wait is no call of the engine");
  }
};

}  // namespace

Result<CallResult> make_call(const plan::EngineCall& call, const CallContext& context) {
  return std::visit(Caller{context}, call);
}

}  // namespace compose::execute
