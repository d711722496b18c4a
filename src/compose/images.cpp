// SPDX-License-Identifier: Apache-2.0
#include "compose/images.h"

#include <algorithm>

#include <fmt/format.h>

#include "compose/observe.h"

namespace compose {

base::Result<> build(Session& session, const model::Project& project, const plan::BuildOptions& options) {
  plan::BuildOptions ordered = options;
  find_base_images(session.engine, project, ordered.images);
  TRY(carry_out(TRY(plan::plan_build(project, ordered)), session));
  return {};
}

base::Result<std::vector<std::string>> check_builds(Session& session, const model::Project& project,
                                                    const plan::BuildOptions& options) {
  const plan::Plan plan = TRY(plan::plan_build(project, options));
  std::vector<std::string> out;
  for (const plan::Step& step : plan.steps) {
    const auto* build = std::get_if<plan::BuildImage>(&step.call);
    if (build == nullptr) continue;
    for (const std::string& text : check_build(session, build->spec))
      out.push_back(fmt::format("{}: {}", build->service, text));
  }
  return out;
}

std::vector<std::string> check_build(Session& session, model::BuildSpec spec) {
  std::vector<std::string> out;
  spec.check_only = true;
  const auto told = [&](const engine_client::ImageEvent& event) { out.push_back(event.text); };
  const auto checked = session.engine.images().build(spec, told, session.cancellation);
  if (!checked) out.push_back(base::to_text(checked.error()));
  return out;
}

void find_base_images(engine_client::Engine& engine, const model::Project& project,
                      plan::ImageOptions& options) {
  const model::Project& whole = options.whole == nullptr ? project : *options.whole;
  const auto builds = [](const auto& entry) { return entry.second.build.has_value(); };
  if (std::count_if(whole.services.begin(), whole.services.end(), builds) < 2) return;
  for (const auto& [name, service] : whole.services) {
    if (!service.build) continue;
    // What is wrong with a build is said when it is carried out, if it is.
    const auto spec = plan::make_build_spec(whole, service, options);
    if (!spec) continue;
    if (auto images = engine.images().base_images(*spec)) options.base_images[name] = *std::move(images);
  }
}

base::Result<plan::Plan> plan_needed_images(engine_client::Engine& engine, const model::Project& project,
                                            const model::Observed& observed,
                                            const plan::ImageOptions& options) {
  plan::Plan plan = TRY(plan::plan_images(project, observed, options));
  const auto builds = [](const plan::Step& step) {
    return std::holds_alternative<plan::BuildImage>(step.call);
  };
  if (std::none_of(plan.steps.begin(), plan.steps.end(), builds)) return plan;
  plan::ImageOptions ordered = options;
  find_base_images(engine, project, ordered);
  return ordered.base_images.empty() ? plan : plan::plan_images(project, observed, ordered);
}

base::Result<> pull(Session& session, const model::Project& project, const plan::PullPlanOptions& options) {
  model::Observed observed;
  TRY(observe_images(session.engine, plan::needed_images(project, options.separator), observed));
  TRY(carry_out(TRY(plan::plan_pull(project, observed, options)), session));
  return {};
}

base::Result<> push(Session& session, const model::Project& project, const plan::PullPlanOptions& options) {
  TRY(carry_out(TRY(plan::plan_push(project, options)), session));
  return {};
}

}  // namespace compose
