// SPDX-License-Identifier: Apache-2.0
#include "compose/plan/images.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "base/diagnostics.h"
#include "base/duration.h"
#include "compose/plan/build_order.h"
#include "compose/plan/builder.h"

namespace compose::plan {
namespace {

std::string image_group(std::string_view reference) { return fmt::format("Image {}", reference); }

/// Writes the steps for one image after the other, each image once.
class ImagePlanner {
 public:
  ImagePlanner(const model::Project& project, const ImageOptions& options, const model::Observed* observed)
      : project_(project),
        whole_(options.whole == nullptr ? project : *options.whole),
        options_(options),
        observed_(observed) {}

  StepId pull(const std::string& image, const std::string& platform, std::string cause) {
    StepId& known = pulled_[image];
    if (known == 0) known = builder_.add(PullImage{image, platform}, image_group(image), std::move(cause));
    return known;
  }

  /// Builds the service's image, after those of the services whose images it takes files from.
  StepId build(const model::Service& service, const std::string& cause, StepId after_failed_pull = 0) {
    const std::string image = image_name(project_, service, options_.separator);
    if (const auto known = built_.find(image); known != built_.end()) return known->second;
    if (is_being_planned(service)) return 0;
    chain_.push_back(&service);
    std::vector<StepId> after{after_failed_pull};
    for (const model::Service* other : built_from(whole_, service, options_)) {
      if (is_there(*other)) continue;
      after.push_back(build(*other, fmt::format("service {} is built from it", service.name)));
    }
    chain_.pop_back();
    auto spec = make_build_spec(whole_, service, options_);
    if (!spec) {
      diagnostics_.error(std::move(spec).error());
      return 0;
    }
    warn_of_empty_secrets(service);
    const StepId id = builder_.add(BuildImage{service.name, image, *std::move(spec)}, image_group(image),
                                   cause, std::move(after));
    builder_.step(id).fallback_for = after_failed_pull;
    return built_[image] = id;
  }

  bool builds(const std::string& image) const { return built_.contains(image); }

  PlanBuilder& builder() { return builder_; }
  base::Diagnostics& diagnostics() { return diagnostics_; }
  base::Result<Plan> take() {
    TRY(diagnostics_.checkpoint());
    builder_.plan().warnings = diagnostics_.warnings();
    return builder_.take();
  }

 private:
  void warn_of_empty_secrets(const model::Service& service) {
    for (const model::FileReference& reference : service.build->secrets) {
      const model::ProjectFile& file = whole_.secrets.at(reference.source);
      if (file.environment.empty() || file.content) continue;
      diagnostics_.warning(
          base::make_error(base::ErrorClass::Invalid,
                           fmt::format("the secret \"{}\" is empty in the build of {}: \"{}\" is not set",
                                       file.key, service.name, file.environment))
              .at(reference.span));
    }
  }

  /// Nothing has to be done for its image to be there.
  bool is_there(const model::Service& service) const {
    const std::string& policy = options_.pull_policy.empty() ? service.pull_policy : options_.pull_policy;
    return observed_ != nullptr && options_.build != BuildWish::Always && policy != "build" &&
           observed_->images.contains(image_name(project_, service, options_.separator));
  }

  /// True, and an error, when the service's build is waiting for this one.
  bool is_being_planned(const model::Service& service) {
    const auto first = std::find_if(chain_.begin(), chain_.end(), [&](const model::Service* waiting) {
      return image_name(project_, *waiting, options_.separator) ==
             image_name(project_, service, options_.separator);
    });
    if (first == chain_.end()) return false;
    std::string cycle;
    for (auto waiting = first; waiting != chain_.end(); ++waiting) cycle += (*waiting)->name + " -> ";
    diagnostics_.error(
        base::make_error(base::ErrorClass::Invalid,
                         fmt::format("images are built from each other: {}{}", cycle, service.name)));
    return true;
  }

  const model::Project& project_;
  const model::Project& whole_;
  const ImageOptions& options_;
  const model::Observed* observed_;
  PlanBuilder builder_;
  base::Diagnostics diagnostics_;
  std::map<std::string, StepId> pulled_, built_;
  std::vector<const model::Service*> chain_;  ///< Being planned: each waits for the next one's image.
};

/// Whether the policy has a present image fetched again now. compose-spec: services.*.pull_policy
bool refreshes(std::string_view policy, model::TimePoint last_tagged, model::TimePoint now) {
  constexpr std::string_view kEvery = "every_";
  if (policy == "always" || policy == "refresh") return true;
  std::optional<base::Duration> period;
  if (policy == "daily") period = std::chrono::days(1);
  if (policy == "weekly") period = std::chrono::weeks(1);
  if (policy.starts_with(kEvery)) {
    // Loading has checked it.
    if (const auto own = base::parse_duration(policy.substr(kEvery.size()))) period = *own;
  }
  return period && now - last_tagged >= *period;
}

void plan_service_image(ImagePlanner& planner, const model::Project& project, const model::Service& service,
                        const model::Observed& observed, const ImageOptions& options) {
  const std::string image = image_name(project, service, options.separator);
  if (planner.builds(image)) return;
  const auto found = observed.images.find(image);
  const bool present = found != observed.images.end();
  const std::string& policy = options.pull_policy.empty() ? service.pull_policy : options.pull_policy;
  if (service.build && options.build != BuildWish::Never) {
    if (options.build == BuildWish::Always || policy == "build") {
      planner.build(service,
                    options.build == BuildWish::Always ? "building was asked for" : "pull_policy build");
      return;
    }
    if (service.image.empty() || policy == "never") {
      if (!present) planner.build(service, "no such image");
      return;
    }
  }
  if (service.image.empty() || policy == "never" || policy == "build") return;
  const bool refresh =
      refreshes(policy, present ? found->second.last_tagged : model::TimePoint(), options.now);
  if (present && !refresh) return;
  const StepId pull =
      planner.pull(image, service.platform, refresh ? "pull_policy " + policy : "no such image");
  if (service.build && options.build != BuildWish::Never) {
    planner.build(service, "it cannot be pulled", pull);
  }
}

void plan_hook_images(ImagePlanner& planner, const model::Service& service, const model::Observed& observed) {
  for (const model::Hook& hook : service.pre_start) {
    if (hook.image.empty() || observed.images.contains(hook.image)) continue;
    planner.pull(hook.image, service.platform, "no such image");
  }
}

void plan_mount_images(ImagePlanner& planner, const model::Project& project, const model::Service& service,
                       const model::Observed& observed) {
  for (const model::MountSpec& mount : service.mounts) {
    if (mount.type != model::MountType::Image || project.services.contains(mount.source)) continue;
    if (!observed.images.contains(mount.source))
      planner.pull(mount.source, service.platform, "no such image");
  }
}

/// The named services, with what they depend on when wanted; all when none is named.
base::Result<std::vector<std::string>> select_services(const model::Project& project,
                                                       const std::vector<std::string>& named,
                                                       bool with_dependencies) {
  std::vector<std::string> out;
  if (named.empty()) return model::dependency_order(project);
  const std::function<void(const std::string&)> add = [&](const std::string& name) {
    const auto found = project.services.find(name);
    if (found == project.services.end() || std::find(out.begin(), out.end(), name) != out.end()) return;
    if (with_dependencies) {
      for (const auto& [dependency, how] : found->second.depends_on) add(dependency);
    }
    out.push_back(name);
  };
  for (const std::string& name : named) {
    if (!project.services.contains(name)) {
      return base::fail(base::ErrorClass::NotFound, fmt::format("no such service: {}", name));
    }
    add(name);
  }
  return out;
}

}  // namespace

std::vector<std::string> needed_images(const model::Project& project, NameSeparator separator) {
  std::vector<std::string> out;
  for (const auto& [name, service] : project.services) {
    if (service.provider) continue;
    out.push_back(image_name(project, service, separator));
    for (const model::Hook& hook : service.pre_start) {
      if (!hook.image.empty()) out.push_back(hook.image);
    }
    for (const model::MountSpec& mount : service.mounts) {
      if (mount.type == model::MountType::Image && !project.services.contains(mount.source)) {
        out.push_back(mount.source);
      }
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

base::Result<Plan> plan_images(const model::Project& project, const model::Observed& observed,
                               const ImageOptions& options) {
  ImagePlanner planner(project, options, &observed);
  for (const std::string& name : model::dependency_order(project)) {
    const model::Service& service = project.services.at(name);
    if (service.provider) continue;
    plan_service_image(planner, project, service, observed, options);
    plan_hook_images(planner, service, observed);
    plan_mount_images(planner, project, service, observed);
  }
  return planner.take();
}

base::Result<Plan> plan_build(const model::Project& project, const BuildOptions& options) {
  ImagePlanner planner(project, options.images, nullptr);
  for (const std::string& name : TRY(select_services(project, options.services, options.with_dependencies))) {
    const model::Service& service = project.services.at(name);
    if (!service.build) continue;
    const StepId built = planner.build(service, "building was asked for");
    if (!options.push || service.image.empty() || built == 0) continue;
    planner.builder().add(PushImage{service.image}, image_group(service.image), "built", {built});
  }
  return planner.take();
}

base::Result<Plan> plan_pull(const model::Project& project, const model::Observed& observed,
                             const PullPlanOptions& options) {
  const ImageOptions image_options{.separator = options.separator};
  ImagePlanner planner(project, image_options, nullptr);
  for (const std::string& name :
       TRY(select_services(project, options.services, options.include_dependencies))) {
    const model::Service& service = project.services.at(name);
    if (service.image.empty() || (options.ignore_buildable && service.build)) continue;
    const std::string& policy = options.policy.empty() ? service.pull_policy : options.policy;
    const bool latest = service.image.ends_with(":latest") || service.image.find(':') == std::string::npos;
    if (policy == "never" || policy == "build") continue;
    if (policy == "missing" && observed.images.contains(service.image) && !latest) continue;
    const StepId id = planner.pull(service.image, service.platform, "pulling was asked for");
    if (options.ignore_failures || service.build) planner.builder().step(id).on_failure = OnFailure::Warn;
  }
  planner.builder().plan().failure_policy = FailurePolicy::GoOn;
  return planner.take();
}

base::Result<Plan> plan_push(const model::Project& project, const PullPlanOptions& options) {
  PlanBuilder builder;
  builder.plan().failure_policy = FailurePolicy::GoOn;
  for (const std::string& name :
       TRY(select_services(project, options.services, options.include_dependencies))) {
    const model::Service& service = project.services.at(name);
    if (service.image.empty() || !service.build) continue;
    const StepId id =
        builder.add(PushImage{service.image}, image_group(service.image), "pushing was asked for");
    if (options.ignore_failures) builder.step(id).on_failure = OnFailure::Warn;
  }
  return builder.take();
}

}  // namespace compose::plan
