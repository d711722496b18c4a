// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/byte_size.h"
#include "cli/commands/image.h"
#include "cli/prune_flags.h"

namespace cli {
namespace {

/// An image is for one platform: where that is not asked for, there is nothing to remove.
base::Result<engine_client::ImageRemoval> remove_image(engine_client::Engine& engine, const std::string& name,
                                                       const std::vector<std::string>& platforms,
                                                       bool force) {
  base::Result<> is_wanted;
  for (const std::string& platform : platforms) {
    const auto image = inspect_image(engine, name, platform);
    is_wanted = image ? base::Result<>() : base::fail(image.error());
    if (is_wanted) break;
  }
  TRY(std::move(is_wanted));
  return engine.images().remove(name, force);
}

}  // namespace

base::Result<int> run_image_rm(Invocation& invocation, const Arguments& arguments) {
  bool force = false;
  std::vector<std::string> platforms;
  OptionSet options = group_options(invocation, "rm", "[OPTIONS] IMAGE...", "Remove images");
  options
      .flag("-f,--force", force,
            "Also an ID with several names, and the names of images that containers use; a missing image is "
            "no error")
      .ignored_flag("--no-prune")
      .list("--platform", platforms, "Only where it is for one of these os/arch[/variant]", "PLATFORM");
  options.takes({1, kAnyNumber}, "rm needs an image");
  const auto names = TRY(options.parse(arguments));
  if (!names) return 0;
  std::vector<base::Error> errors;
  for (const std::string& name : *names) {
    auto removed = remove_image(*TRY(invocation.engine()), name, platforms, force);
    if (removed) {
      print_removal(*removed);
    } else if (!force || removed.error().error_class != base::ErrorClass::NotFound) {
      errors.push_back(std::move(removed).error());
    }
  }
  if (!errors.empty()) return base::fail(base::join_errors(std::move(errors)));
  return 0;
}

base::Result<int> run_image_prune(Invocation& invocation, const Arguments& arguments) {
  bool all = false, force = false;
  std::vector<std::string> entries;
  OptionSet options = group_options(invocation, "prune", "[OPTIONS]", "Remove images that nothing uses");
  options.flag("-a,--all", all, "Also images with a name")
      .list("--filter", entries, "until=TIME, label=KEY[=VALUE], label!=..., dangling=BOOL", "KEY=VALUE")
      .flag("-f,--force", force, "Do not ask");
  options.takes({});
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  const PruneFilters filters = TRY(parse_prune_filters(entries, true));
  if (filters.dangling) all = !*filters.dangling;
  const char* consequence = all ? "This removes all images that no container uses"
                                : "This removes all images without a name that no container uses";
  if (!TRY(may_remove(invocation, force, consequence))) return 0;
  const auto which = all ? engine_client::PruneImages::All : engine_client::PruneImages::Dangling;
  const auto removal = TRY(TRY(invocation.engine())->images().prune(which, filters.filter));
  if (!removal.deleted.empty()) fmt::print("Deleted Images:\n");
  print_removal(removal);
  fmt::print("Total reclaimed space: {}\n", base::to_human_text({removal.freed}));
  return 0;
}

}  // namespace cli
