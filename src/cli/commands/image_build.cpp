// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/absolute_path.h"
#include "cli/commands/image.h"

namespace cli {

base::Result<int> run_image_build(Invocation& invocation, const Arguments& arguments) {
  model::BuildSpec spec;
  std::vector<std::string> args, labels;
  std::string file;
  bool quiet = false;
  OptionSet options =
      group_options(invocation, "build", "[OPTIONS] CONTEXT", "Build an image from a Dockerfile");
  options.text("-f,--file", file, "Dockerfile (default: Dockerfile in the context)", "path")
      .list("-t,--tag", spec.tags, "Name for the image", "REFERENCE")
      .list("--build-arg", args, "Build-time variable", "KEY=VALUE")
      .list("--label", labels, "Label for the image", "KEY=VALUE")
      .text("--target", spec.target, "Stage to stop at", "STAGE")
      .text("--network", spec.network, "Network of RUN: default, none or host")
      .flag("--no-cache", spec.no_cache, "Use nothing from earlier builds")
      .flag("--pull", spec.pull, "Pull base images even if they are there")
      .flag("-q,--quiet", quiet, "Print the image's ID alone");
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  TRY(need_arguments(*rest, {1, 1}, "build needs a context: a folder"));
  spec.context = TRY(absolute_path(rest->front()));
  spec.dockerfile = file.empty() ? "Dockerfile" : TRY(absolute_path(file));
  spec.args = to_map(args);
  spec.labels = to_map(labels);
  compose::Session& session = *TRY(invocation.session());
  fmt::print("{}\n",
             TRY(session.engine.images().build(spec, print_image_events(quiet), session.cancellation)));
  return 0;
}

}  // namespace cli
