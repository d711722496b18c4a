// SPDX-License-Identifier: Apache-2.0
#include "cli/render/progress.h"
#include "model/labels.h"

namespace cli {
namespace {

namespace plan = compose::plan;

/// One function for each kind of step: the visitor of words_of().
struct Words {
  StepWords operator()(const plan::CreateNetwork&) const { return {"Creating", "Created"}; }
  StepWords operator()(const plan::RemoveNetwork&) const { return {"Removing", "Removed"}; }
  StepWords operator()(const plan::ConnectNetwork&) const { return {}; }
  StepWords operator()(const plan::DisconnectNetwork&) const { return {}; }
  StepWords operator()(const plan::CreateVolume&) const { return {"Creating", "Created"}; }
  StepWords operator()(const plan::RemoveVolume&) const { return {"Removing", "Removed"}; }
  StepWords operator()(const plan::PullImage&) const { return {"Pulling", "Pulled"}; }
  StepWords operator()(const plan::BuildImage&) const { return {"Building", "Built"}; }
  StepWords operator()(const plan::PushImage&) const { return {"Pushing", "Pushed"}; }
  StepWords operator()(const plan::RemoveImage&) const { return {"Removing", "Removed"}; }
  StepWords operator()(const plan::CreateContainer& call) const {
    // Its output is what the user waits for.
    if (call.spec.attach) return {};
    const bool replaces = call.spec.labels.contains(std::string(model::labels::kReplace));
    return replaces ? StepWords{"Recreate", "Recreated"} : StepWords{"Creating", "Created"};
  }
  StepWords operator()(const plan::StartContainer&) const { return {"Starting", "Started"}; }
  StepWords operator()(const plan::StopContainer&) const { return {"Stopping", "Stopped"}; }
  StepWords operator()(const plan::KillContainer&) const { return {"Killing", "Killed"}; }
  StepWords operator()(const plan::PauseContainer&) const { return {"Pausing", "Paused"}; }
  StepWords operator()(const plan::UnpauseContainer&) const { return {"Unpausing", "Unpaused"}; }
  StepWords operator()(const plan::RemoveContainer&) const { return {"Removing", "Removed"}; }
  StepWords operator()(const plan::RenameContainer&) const { return {}; }
  StepWords operator()(const plan::WaitFor& call) const {
    switch (call.condition) {
      case plan::WaitCondition::CompletedSuccessfully: return {"Waiting", "Exited"};
      case plan::WaitCondition::Healthy:
      case plan::WaitCondition::RunningOrHealthy: return {"Waiting", "Healthy"};
    }
    return {};
  }
  StepWords operator()(const plan::RunHook& call) const {
    return call.kind == "pre_stop" ? StepWords{"Running pre_stop", "Ran pre_stop"}
                                   : StepWords{"Running post_start", "Ran post_start"};
  }
};

}  // namespace

StepWords words_of(const plan::Step& step) {
  StepWords words = std::visit(Words{}, step.call);
  // While one container replaces another, its line says so; the steps of the old one have none.
  const bool of_replaced = step.cause == "replaced";
  return of_replaced ? StepWords{} : words;
}

}  // namespace cli
