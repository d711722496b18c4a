// SPDX-License-Identifier: Apache-2.0
// A service's container as a tar, or as an image: `export` and `commit`.
#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/output_file.h"
#include "compose/containers.h"
#include "compose/plan/names.h"
#include "sys/terminal.h"

namespace cli {
namespace {

/// The service's container with that number, or its first one, whatever its state.
base::Result<model::ObservedContainer> choose_container(Invocation& invocation, const std::string& service,
                                                        std::optional<int> index) {
  const std::string project = TRY(invocation.project_name());
  const auto containers = TRY(compose::list_containers(*TRY(invocation.engine()), project, {service},
                                                       compose::OneOffs::Exclude, {service}));
  const model::ObservedContainer* best = nullptr;
  for (const auto& container : containers) {
    const int number = compose::plan::number_of(container);
    if (index && number != *index) continue;
    if (best == nullptr || number < compose::plan::number_of(*best)) best = &container;
  }
  if (best != nullptr) return *best;
  return base::fail(base::ErrorClass::NotFound,
                    index ? fmt::format("service \"{}\" has no container #{}", service, *index)
                          : fmt::format("service \"{}\" has no container", service));
}

}  // namespace

base::Result<int> run_export(Invocation& invocation) {
  std::optional<int> index;
  std::string output;
  OptionSet options =
      invocation.options("[OPTIONS] SERVICE", "Write the files of a service's container as a tar");
  options.number("--index", index, "Of the replica with this number")
      .text("-o,--output", output, "File to write instead of the standard output", "path");
  const auto rest = TRY(options.parse(invocation.arguments()));
  if (!rest) return 0;
  if (rest->size() != 1) return base::fail(base::ErrorClass::Invalid, "export needs a service");
  constexpr int kStdout = 1;
  const bool to_file = !output.empty() && output != "-";
  if (!to_file && sys::is_terminal(kStdout)) {
    return base::fail(base::make_error(base::ErrorClass::Invalid, "an archive is not for a terminal")
                          .with_hint("redirect it, or name a file with --output"));
  }
  const auto container = TRY(choose_container(invocation, rest->front(), index));
  engine_client::Inside& inside = TRY(invocation.engine())->inside();
  if (!to_file) {
    TRY(inside.export_root(container.id, kStdout));
    return 0;
  }
  sys::PendingFile file = TRY(open_output_file("--output", output, kOwnerOnly));
  TRY(inside.export_root(container.id, file.fd()));
  TRY(file.commit());
  return 0;
}

base::Result<int> run_commit(Invocation& invocation) {
  engine_client::CommitOptions wanted;
  std::optional<int> index;
  OptionSet options =
      invocation.options("[OPTIONS] SERVICE [REPOSITORY[:TAG]]", "Make an image of a service's container");
  options.text("-a,--author", wanted.author, "Who made it")
      .list("-c,--change", wanted.changes, "Dockerfile instruction for the image", "INSTRUCTION")
      .number("--index", index, "Of the replica with this number")
      .text("-m,--message", wanted.message, "Comment for its history")
      .flag("-p,--pause", wanted.pause, "Pause the container meanwhile; --pause=false does not");
  const auto rest = TRY(options.parse(invocation.arguments()));
  if (!rest) return 0;
  if (rest->empty() || rest->size() > 2)
    return base::fail(base::ErrorClass::Invalid, "commit needs a service");
  if (rest->size() == 2) wanted.reference = rest->at(1);
  const auto container = TRY(choose_container(invocation, rest->front(), index));
  fmt::print("{}\n", TRY(TRY(invocation.engine())->inside().commit(container.id, wanted)));
  return 0;
}

}  // namespace cli
