// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/image.h"

#include <array>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/render/layer_log.h"
#include "runtime/image/image_config.h"

namespace cli {
namespace {

constexpr std::array kImageCommands = {
    GroupCommand{"build", "Build an image from a Dockerfile", run_image_build},
    GroupCommand{"history", "Show the steps an image was made in", run_image_history, Effect::Reads},
    GroupCommand{"import", "Make an image from a root file-system tar", run_image_import},
    GroupCommand{"inspect", "Print what an image is", run_image_inspect, Effect::Reads},
    GroupCommand{"load", "Load images from an archive", run_image_load},
    GroupCommand{"ls", "List images", run_image_ls, Effect::Reads, "list"},
    GroupCommand{"prune", "Remove images that nothing uses", run_image_prune},
    GroupCommand{"pull", "Pull images from a registry", run_image_pull},
    GroupCommand{"push", "Push images to a registry", run_image_push},
    GroupCommand{"rm", "Remove images", run_image_rm, Effect::Changes, "remove"},
    GroupCommand{"save", "Write images to an archive", run_image_save},
    GroupCommand{"tag", "Give an image a further name", run_image_tag},
};

}  // namespace

engine_client::ImageEventSink print_layers(bool quiet) {
  if (quiet) return [](const engine_client::ImageEvent&) {};
  return [log = std::make_shared<LayerLog>()](const engine_client::ImageEvent& event) {
    fmt::print(stderr, "{}", log->text_of("", event));
  };
}

base::Result<model::ObservedImage> inspect_image(engine_client::Engine& engine, const std::string& image,
                                                 const std::string& platform) {
  model::ObservedImage found = TRY(engine.images().inspect(image));
  if (platform.empty()) return found;
  if (TRY(runtime::image::is_platform(found.platform, platform))) return found;
  return base::fail(base::ErrorClass::NotFound,
                    fmt::format("image {} is for {}, not for {}", image, found.platform, platform));
}

std::string short_image_id(const std::string& id) {
  constexpr std::size_t kShown = 12;
  return id.substr(id.find(':') + 1, kShown);
}

void print_removal(const engine_client::ImageRemoval& removal) {
  for (const std::string& reference : removal.untagged) fmt::print("Untagged: {}\n", reference);
  for (const std::string& id : removal.deleted) fmt::print("Deleted: {}\n", id);
}

base::Result<int> run_image(Invocation& invocation) {
  return run_group(invocation, "Work with the image store", kImageCommands);
}

}  // namespace cli
