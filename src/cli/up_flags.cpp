// SPDX-License-Identifier: Apache-2.0
#include "cli/up_flags.h"

#include <charconv>

#include <fmt/format.h>

#include "base/split.h"

namespace cli {

void declare(OptionSet& options, UpFlags& out) {
  options.flag("--build", out.build, "Build images before the containers are made")
      .flag("--no-build", out.no_build, "Build no image, even if it is missing")
      .flag("--force-recreate", out.force_recreate, "Recreate containers even if nothing changed")
      .flag("--no-recreate", out.no_recreate, "Leave containers that exist as they are")
      .choice("--pull", out.pull, {"always", "missing", "never", "build", "policy"}, "When to pull images")
      .flag("--quiet-pull", out.quiet_pull, "Pull without progress")
      .flag("--quiet-build", out.quiet_build, "Build without progress")
      .flag("--remove-orphans", out.remove_orphans, "Remove containers of services that are no longer there")
      .list("--scale", out.scale, "Replicas of a service, over its own number", "SERVICE=NUM")
      .flag("-y,--yes", out.yes, "Answer every question with yes")
      .ignored_flag("--y");
}

base::Result<std::map<std::string, int>> parse_scale(const std::vector<std::string>& entries) {
  std::map<std::string, int> out;
  for (const std::string& entry : entries) {
    const auto [service, number] = base::split_once(entry, '=');
    int value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (service.empty() || error != std::errc() || end != number.data() + number.size() || value < 0) {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("invalid scale \"{}\": expected SERVICE=NUM", entry));
    }
    out.insert_or_assign(std::string(service), value);
  }
  return out;
}

base::Result<compose::UpOptions> make_up_options(Invocation& invocation, const UpFlags& flags,
                                                 const std::vector<std::string>& services) {
  const auto exclude = [](bool both, const char* one, const char* other) -> base::Result<> {
    if (!both) return {};
    return base::fail(base::ErrorClass::Invalid, fmt::format("{} and {} are incompatible", one, other));
  };
  TRY(exclude(flags.build && flags.no_build, "--build", "--no-build"));
  TRY(exclude(flags.force_recreate && flags.no_recreate, "--force-recreate", "--no-recreate"));
  namespace plan = compose::plan;
  compose::UpOptions out;
  out.reconcile.targets.insert(services.begin(), services.end());
  if (flags.force_recreate) out.reconcile.recreate = plan::Recreate::Force;
  if (flags.no_recreate) {
    out.reconcile.recreate = out.reconcile.recreate_dependencies = plan::Recreate::Never;
  }
  out.reconcile.scale = TRY(parse_scale(flags.scale));
  out.reconcile.remove_orphans = flags.remove_orphans || invocation.is_on("COMPOSE_REMOVE_ORPHANS");
  out.reconcile.ignore_orphans = invocation.is_on("COMPOSE_IGNORE_ORPHANS");
  if (out.reconcile.ignore_orphans && flags.remove_orphans) {
    return base::fail(base::ErrorClass::Invalid,
                      "COMPOSE_IGNORE_ORPHANS and --remove-orphans cannot be combined");
  }
  out.reconcile.confirm_all = flags.yes;
  out.reconcile.separator = out.images.separator = invocation.separator();
  out.reconcile.version = out.images.version = invocation.version();
  out.images.now = std::chrono::system_clock::now();
  if (flags.build) out.images.build = plan::BuildWish::Always;
  if (flags.no_build) out.images.build = plan::BuildWish::Never;
  invocation.quiet_pull = flags.quiet_pull;
  invocation.quiet_build = flags.quiet_build;
  if (!services.empty()) out.images.whole = invocation.load_whole();
  if (flags.pull != "policy") out.images.pull_policy = flags.pull;
  return out;
}

}  // namespace cli
