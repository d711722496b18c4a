// SPDX-License-Identifier: Apache-2.0
// Images to and from registries, and their names.
#include <fmt/format.h>

#include "cli/commands/image.h"
#include "model/image_reference.h"

namespace cli {

base::Result<int> run_image_pull(Invocation& invocation, const Arguments& arguments) {
  engine_client::PullOptions wanted;
  bool quiet = false;
  OptionSet options = group_options(invocation, "pull", "[OPTIONS] IMAGE...", "Pull images from a registry");
  options.text("--platform", wanted.platform, "os/arch[/variant]").flag("-q,--quiet", quiet, "No progress");
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  TRY(need_arguments(*rest, {1, kAnyNumber}, "pull needs an image"));
  compose::Session& session = *TRY(invocation.session());
  for (const std::string& name : *rest) {
    const auto reference = TRY(model::ImageReference::parse(name));
    TRY(session.engine.images().pull(name, wanted, print_image_events(quiet), session.cancellation));
    fmt::print("{}\n", reference.canonical_text());
  }
  return 0;
}

base::Result<int> run_image_push(Invocation& invocation, const Arguments& arguments) {
  bool quiet = false;
  OptionSet options = group_options(invocation, "push", "[OPTIONS] IMAGE...", "Push images to a registry");
  options.flag("-q,--quiet", quiet, "No progress");
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  TRY(need_arguments(*rest, {1, kAnyNumber}, "push needs an image"));
  compose::Session& session = *TRY(invocation.session());
  for (const std::string& name : *rest) {
    const auto reference = TRY(model::ImageReference::parse(name));
    TRY(session.engine.images().push(name, print_image_events(quiet), session.cancellation));
    if (quiet) fmt::print("{}\n", reference.canonical_text());
  }
  return 0;
}

base::Result<int> run_image_tag(Invocation& invocation, const Arguments& arguments) {
  OptionSet options = group_options(invocation, "tag", "IMAGE REFERENCE", "Give an image a further name");
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  TRY(need_arguments(*rest, {2, 2}, "tag needs an image and a reference"));
  TRY(TRY(invocation.engine())->images().tag(rest->at(0), rest->at(1)));
  return 0;
}

}  // namespace cli
