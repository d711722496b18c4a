// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/render/build_log.h"
#include "cli/render/container_text.h"
#include "cli/render/containers_json.h"
#include "cli/render/table.h"
#include "sys/fd.h"
#include "sys/file.h"

namespace cli {
namespace {

using Arguments = std::vector<std::string>;

/// One command of the group.
struct ImageCommand {
  std::string_view name, summary;
  base::Result<int> (*run)(Invocation&, const Arguments&);
};

engine_client::ImageEventSink print_events() {
  return [log = std::make_shared<BuildLog>()](const engine_client::ImageEvent& event) {
    fmt::print(stderr, "{}", log->text_of("", event));
  };
}

OptionSet options_of(Invocation& invocation, std::string_view name, const std::string& usage,
                     const std::string& summary) {
  return OptionSet(fmt::format("{} {}", invocation.command, name), usage, summary);
}

base::Result<> need(const std::optional<Arguments>& rest, std::size_t least, const char* message) {
  if (rest->size() >= least) return {};
  return base::fail(base::ErrorClass::Invalid, message);
}

base::Result<int> run_image_import(Invocation& invocation, const Arguments& arguments) {
  engine_client::ImportOptions wanted;
  OptionSet options = options_of(invocation, "import", "[OPTIONS] FILE|- [REFERENCE]",
                                 "Make an image from a root file-system tar");
  options.list("-c,--change", wanted.changes, "Dockerfile instruction for the image", "INSTRUCTION")
      .text("-m,--message", wanted.message, "Comment for its history");
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  TRY(need(rest, 1, "import needs a file, or - for the standard input"));
  if (rest->size() > 1) wanted.reference = rest->at(1);
  sys::UniqueFd file;
  if (rest->front() != "-") file = TRY(sys::open_file(rest->front(), O_RDONLY));
  const std::string id =
      TRY(TRY(invocation.engine())->images().import(file.valid() ? file.value() : 0, wanted));
  fmt::print("{}\n", id);
  return 0;
}

base::Result<int> run_image_load(Invocation& invocation, const Arguments& arguments) {
  std::string input;
  bool quiet = false;
  OptionSet options = options_of(invocation, "load", "[OPTIONS] [FILE]", "Load images from an archive");
  options.text("-i,--input", input, "File to read instead of the standard input", "path")
      .flag("-q,--quiet", quiet, "No progress");
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  if (input.empty() && !rest->empty()) input = rest->front();
  sys::UniqueFd file;
  if (!input.empty() && input != "-") file = TRY(sys::open_file(input, O_RDONLY));
  const auto sink =
      quiet ? engine_client::ImageEventSink([](const engine_client::ImageEvent&) {}) : print_events();
  for (const std::string& reference :
       TRY(TRY(invocation.engine())->images().load(file.valid() ? file.value() : 0, sink))) {
    fmt::print("Loaded image: {}\n", reference);
  }
  return 0;
}

base::Result<int> run_image_save(Invocation& invocation, const Arguments& arguments) {
  std::string output;
  OptionSet options = options_of(invocation, "save", "[OPTIONS] IMAGE...", "Write images to an archive");
  options.text("-o,--output", output, "File to write instead of the standard output", "path");
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  TRY(need(rest, 1, "save needs an image"));
  sys::UniqueFd file;
  if (!output.empty() && output != "-") {
    file = TRY(sys::open_file(output, O_WRONLY | O_CREAT | O_TRUNC, 0644));
  }
  TRY(TRY(invocation.engine())->images().save(*rest, file.valid() ? file.value() : 1));
  return 0;
}

/// "repository" and "tag" of a reference as it is shown.
std::pair<std::string, std::string> split_tag(const std::string& reference) {
  const auto colon = reference.rfind(':');
  if (colon == std::string::npos || reference.find('/', colon) != std::string::npos)
    return {reference, "latest"};
  return {reference.substr(0, colon), reference.substr(colon + 1)};
}

base::Result<int> run_image_ls(Invocation& invocation, const Arguments& arguments) {
  bool quiet = false, no_trunc = false, all = false;
  std::string format = "table";
  OptionSet options = options_of(invocation, "ls", "[OPTIONS]", "List images");
  options.flag("-q,--quiet", quiet, "IDs only")
      .flag("--no-trunc", no_trunc, "Whole IDs")
      .flag("-a,--all", all, "Also images without a name")
      .choice("--format", format, {"table", "json"}, "How to print them");
  if (!TRY(options.parse(arguments))) return 0;
  const model::TimePoint now = std::chrono::system_clock::now();
  std::vector<ImageRow> rows;
  for (const model::ObservedImage& image : TRY(TRY(invocation.engine())->images().list())) {
    const std::string age = to_human_duration(now - image.created) + " ago";
    const std::string id = no_trunc ? image.id : image.id.substr(image.id.find(':') + 1, 12);
    for (const std::string& tag : image.tags) {
      const auto [repository, name] = split_tag(tag);
      rows.push_back({"", repository, name, id, age, image.size});
    }
    if (image.tags.empty()) rows.push_back({"", "<none>", "<none>", id, age, image.size});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const ImageRow& a, const ImageRow& b) {
    return std::tie(a.repository, a.tag) < std::tie(b.repository, b.tag);
  });
  if (quiet) {
    std::vector<std::string> ids;
    for (const ImageRow& row : rows) {
      if (std::find(ids.begin(), ids.end(), row.id) == ids.end()) ids.push_back(row.id);
    }
    for (const std::string& id : ids) fmt::print("{}\n", id);
  } else if (format == "json") {
    fmt::print("{}\n", to_json(rows));
  } else {
    std::vector<std::vector<std::string>> cells;
    for (const ImageRow& row : rows) {
      cells.push_back({row.repository, row.tag, row.id, row.created, base::to_human_text({row.size})});
    }
    fmt::print("{}", make_table({"REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"}, cells));
  }
  return 0;
}

base::Result<int> run_image_inspect(Invocation& invocation, const Arguments& arguments) {
  OptionSet options = options_of(invocation, "inspect", "IMAGE...", "Print what an image is");
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  TRY(need(rest, 1, "inspect needs an image"));
  std::vector<model::ObservedImage> images;
  for (const std::string& name : *rest)
    images.push_back(TRY(TRY(invocation.engine())->images().inspect(name)));
  fmt::print("{}\n", to_json(images));
  return 0;
}

base::Result<int> run_image_rm(Invocation& invocation, const Arguments& arguments) {
  bool force = false;
  OptionSet options = options_of(invocation, "rm", "[OPTIONS] IMAGE...", "Remove images");
  options.flag("-f,--force", force, "Even if containers use them").ignored_flag("--no-prune");
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  TRY(need(rest, 1, "rm needs an image"));
  std::vector<base::Error> errors;
  for (const std::string& name : *rest) {
    auto removed = TRY(invocation.engine())->images().remove(name, force);
    if (!removed) {
      const bool gone = removed.error().error_class == base::ErrorClass::NotFound;
      if (!gone || !force) errors.push_back(std::move(removed).error());
      continue;
    }
    for (const std::string& reference : removed->untagged) fmt::print("Untagged: {}\n", reference);
    for (const std::string& id : removed->deleted) fmt::print("Deleted: {}\n", id);
  }
  if (!errors.empty()) return base::fail(base::join_errors(std::move(errors)));
  return 0;
}

base::Result<int> run_image_tag(Invocation& invocation, const Arguments& arguments) {
  OptionSet options = options_of(invocation, "tag", "IMAGE REFERENCE", "Give an image a further name");
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  TRY(need(rest, 2, "tag needs an image and a reference"));
  TRY(TRY(invocation.engine())->images().tag(rest->at(0), rest->at(1)));
  return 0;
}

base::Result<int> run_image_pull(Invocation& invocation, const Arguments& arguments) {
  engine_client::PullOptions wanted;
  bool quiet = false;
  OptionSet options = options_of(invocation, "pull", "[OPTIONS] IMAGE...", "Pull images from a registry");
  options.text("--platform", wanted.platform, "os/arch[/variant]").flag("-q,--quiet", quiet, "No progress");
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  TRY(need(rest, 1, "pull needs an image"));
  compose::Session& session = *TRY(invocation.session());
  for (const std::string& reference : *rest) {
    TRY(session.engine.images().pull(reference, wanted, print_events(), session.cancellation));
    fmt::print("{}\n", reference);
  }
  return 0;
}

base::Result<int> run_image_push(Invocation& invocation, const Arguments& arguments) {
  OptionSet options = options_of(invocation, "push", "IMAGE...", "Push images to a registry");
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  TRY(need(rest, 1, "push needs an image"));
  compose::Session& session = *TRY(invocation.session());
  for (const std::string& reference : *rest) {
    TRY(session.engine.images().push(reference, print_events(), session.cancellation));
  }
  return 0;
}

base::Result<int> run_image_build(Invocation& invocation, const Arguments& arguments) {
  model::BuildSpec spec;
  std::vector<std::string> args, labels;
  std::string file;
  bool quiet = false;
  OptionSet options =
      options_of(invocation, "build", "[OPTIONS] CONTEXT", "Build an image from a Dockerfile");
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
  TRY(need(rest, 1, "build needs a context: a folder"));
  spec.context = std::filesystem::absolute(rest->front()).lexically_normal().string();
  spec.dockerfile = file.empty() ? "Dockerfile" : std::filesystem::absolute(file).lexically_normal().string();
  spec.args = to_map(args);
  spec.labels = to_map(labels);
  compose::Session& session = *TRY(invocation.session());
  const auto sink =
      quiet ? engine_client::ImageEventSink([](const engine_client::ImageEvent&) {}) : print_events();
  fmt::print("{}\n", TRY(session.engine.images().build(spec, sink, session.cancellation)));
  return 0;
}

base::Result<int> run_image_prune(Invocation& invocation, const Arguments& arguments) {
  bool all = false, force = false;
  OptionSet options = options_of(invocation, "prune", "[OPTIONS]", "Remove images that nothing uses");
  options.flag("-a,--all", all, "Also images with a name").flag("-f,--force", force, "Do not ask");
  if (!TRY(options.parse(arguments))) return 0;
  compose::Session& session = *TRY(invocation.session());
  const char* question = all ? "Remove all images without a container?" : "Remove all images without a name?";
  if (!force && !session.confirm(question)) return 0;
  std::int64_t freed = 0;
  std::vector<std::string> used;
  for (const auto& container : TRY(session.engine.containers().list({}))) used.push_back(container.image_id);
  for (const auto& image : TRY(session.engine.images().list())) {
    if (!all && !image.tags.empty()) continue;
    if (std::find(used.begin(), used.end(), image.id) != used.end()) continue;
    for (const std::string& id : TRY(session.engine.images().remove(image.id, true)).deleted) {
      fmt::print("Deleted: {}\n", id);
    }
    freed += image.size;
  }
  fmt::print("Total reclaimed space: {}\n", base::to_human_text({freed}));
  return 0;
}

constexpr std::array kImageCommands = {
    ImageCommand{"build", "Build an image from a Dockerfile", run_image_build},
    ImageCommand{"import", "Make an image from a root file-system tar", run_image_import},
    ImageCommand{"inspect", "Print what an image is", run_image_inspect},
    ImageCommand{"load", "Load images from an archive", run_image_load},
    ImageCommand{"ls", "List images", run_image_ls},
    ImageCommand{"prune", "Remove images that nothing uses", run_image_prune},
    ImageCommand{"pull", "Pull images from a registry", run_image_pull},
    ImageCommand{"push", "Push images to a registry", run_image_push},
    ImageCommand{"rm", "Remove images", run_image_rm},
    ImageCommand{"save", "Write images to an archive", run_image_save},
    ImageCommand{"tag", "Give an image a further name", run_image_tag},
};

}  // namespace

base::Result<int> run_image(Invocation& invocation) {
  Arguments arguments = invocation.arguments();
  const std::string name = arguments.empty() ? "" : arguments.front();
  for (const ImageCommand& command : kImageCommands) {
    if (command.name != name) continue;
    arguments.erase(arguments.begin());
    return command.run(invocation, arguments);
  }
  std::string help = "Usage:  compose image COMMAND\n\nWork with the image store\n\nCommands:\n";
  for (const ImageCommand& command : kImageCommands) {
    help += fmt::format("  {:<8} {}\n", command.name, command.summary);
  }
  if (!name.empty() && name != "--help" && name != "-h") {
    return base::fail(
        base::make_error(base::ErrorClass::Invalid, fmt::format("unknown command: image {}", name))
            .with_hint("`compose image --help` lists the commands"));
  }
  fmt::print("{}", help);
  return 0;
}

}  // namespace cli
