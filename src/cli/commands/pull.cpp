// SPDX-License-Identifier: Apache-2.0
// The images of services from and to their registries.
#include "cli/commands/commands.h"
#include "compose/images.h"

namespace cli {
namespace {

using compose::plan::PullPlanOptions;
using Carry = base::Result<> (*)(compose::Session&, const model::Project&, const PullPlanOptions&);

/// Declares what both commands take, parses, loads what is named, and has `carry` do it.
base::Result<int> run_for_services(Invocation& invocation, OptionSet& options, PullPlanOptions& wanted,
                                   Carry carry) {
  bool quiet = false;
  options.flag("--include-deps", wanted.include_dependencies, "Also services that the named ones depend on")
      .flag("-q,--quiet", quiet, "No progress");
  auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  wanted.services = *std::move(services);
  wanted.separator = invocation.separator();
  invocation.quiet_progress = quiet;
  const model::Project& project = *TRY(invocation.load({wanted.services, !wanted.include_dependencies}));
  TRY(carry(*TRY(invocation.session()), project, wanted));
  return 0;
}

}  // namespace

base::Result<int> run_pull(Invocation& invocation) {
  PullPlanOptions wanted;
  OptionSet options = invocation.options("[OPTIONS] [SERVICE...]", "Pull images of services");
  options.choice("--policy", wanted.policy, {"missing", "always"}, "When to pull")
      .flag("--ignore-buildable", wanted.ignore_buildable, "Not those that can be built")
      .flag("--ignore-pull-failures", wanted.ignore_failures, "Go on with the others, without an error")
      .ignored_flag("--parallel")
      .ignored_flag("--no-parallel");
  return run_for_services(invocation, options, wanted, compose::pull);
}

base::Result<int> run_push(Invocation& invocation) {
  PullPlanOptions wanted;
  OptionSet options = invocation.options("[OPTIONS] [SERVICE...]", "Push images of services");
  options.flag("--ignore-push-failures", wanted.ignore_failures, "Go on with the others, without an error");
  return run_for_services(invocation, options, wanted, compose::push);
}

}  // namespace cli
