// SPDX-License-Identifier: Apache-2.0
#include <array>

#include <fmt/format.h>

#include "compose/plan/plan.h"

namespace compose::plan {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

struct Words {
  std::string_view verb, doing;
};
// In the order of EngineCall's alternatives.
constexpr std::array<Words, std::variant_size_v<EngineCall>> kWords = {{
    {"create network", "creating network"},
    {"remove network", "removing network"},
    {"connect network", "connecting network"},
    {"disconnect network", "disconnecting network"},
    {"create volume", "creating volume"},
    {"remove volume", "removing volume"},
    {"pull image", "pulling image"},
    {"build image", "building image"},
    {"push image", "pushing image"},
    {"remove image", "removing image"},
    {"create container", "creating container"},
    {"start container", "starting container"},
    {"stop container", "stopping container"},
    {"kill container", "killing container"},
    {"pause container", "pausing container"},
    {"unpause container", "unpausing container"},
    {"remove container", "removing container"},
    {"rename container", "renaming container"},
    {"wait for service", "waiting for service"},
    {"run hook", "running hook"},
}};

std::string_view to_text(WaitCondition condition) {
  switch (condition) {
    case WaitCondition::Healthy: return "healthy";
    case WaitCondition::CompletedSuccessfully: return "completed successfully";
    case WaitCondition::RunningOrHealthy: return "running or healthy";
  }
  return "healthy";
}

/// What the verb and the object alone do not tell.
std::string detail(const EngineCall& call) {
  return std::visit(Overloaded{
                        [](const ConnectNetwork& c) { return fmt::format(" of {}", c.container.name); },
                        [](const DisconnectNetwork& c) { return fmt::format(" of {}", c.container.name); },
                        [](const CreateContainer& c) { return fmt::format(" from {}", c.spec.image); },
                        [](const KillContainer& c) { return fmt::format(" with {}", c.signal); },
                        [](const StopContainer& c) {
                          return c.timeout ? fmt::format(" within {}", base::to_text(*c.timeout))
                                           : std::string();
                        },
                        [](const RemoveContainer& c) {
                          return std::string(c.anonymous_volumes ? " with its anonymous volumes" : "");
                        },
                        [](const RenameContainer& c) { return fmt::format(" to {}", c.name); },
                        [](const WaitFor& c) { return fmt::format(" to be {}", to_text(c.condition)); },
                        [](const RunHook& c) { return fmt::format(" of {}", c.container.name); },
                        [](const auto&) { return std::string(); },
                    },
                    call);
}

}  // namespace

std::string_view verb(const EngineCall& call) { return kWords[call.index()].verb; }
std::string_view doing(const EngineCall& call) { return kWords[call.index()].doing; }

std::string object(const EngineCall& call) {
  return std::visit(Overloaded{
                        [](const CreateNetwork& c) { return c.spec.name; },
                        [](const RemoveNetwork& c) { return c.name; },
                        [](const ConnectNetwork& c) { return c.network; },
                        [](const DisconnectNetwork& c) { return c.network; },
                        [](const CreateVolume& c) { return c.spec.name; },
                        [](const RemoveVolume& c) { return c.name; },
                        [](const PullImage& c) { return c.reference; },
                        [](const BuildImage& c) { return c.reference; },
                        [](const PushImage& c) { return c.reference; },
                        [](const RemoveImage& c) { return c.reference; },
                        [](const CreateContainer& c) { return c.spec.name; },
                        [](const WaitFor& c) { return c.service; },
                        [](const RunHook& c) { return c.kind; },
                        [](const auto& c) { return c.container.name; },
                    },
                    call);
}

std::string to_text(const Plan& plan) {
  std::string out;
  for (const Step& step : plan.steps) {
    out += fmt::format("#{} {} {}{}", step.id, verb(step.call), object(step.call), detail(step.call));
    std::string after;
    for (const StepId id : step.depends_on) after += fmt::format(" #{}", id);
    if (!after.empty()) out += fmt::format(" [after{}]", after);
    if (step.fallback_for != 0) out += fmt::format(" [if #{} fails]", step.fallback_for);
    if (step.on_failure == OnFailure::Warn) out += " [may fail]";
    out += fmt::format(": {}\n", step.cause);
  }
  for (const base::Error& warning : plan.warnings) out += base::to_text(warning, "warning");
  for (const Confirmation& confirmation : plan.confirmations) {
    out += fmt::format("question: {}\n", confirmation.question);
  }
  return out;
}

}  // namespace compose::plan
