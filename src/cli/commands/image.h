// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands/command_group.h"
#include "engine_client/engine.h"
#include "engine_client/images.h"

namespace cli {

// The commands of `image`, one function each; what they do is their summary in image.cpp.
base::Result<int> run_image_build(Invocation&, const Arguments&);    ///< `image build`
base::Result<int> run_image_history(Invocation&, const Arguments&);  ///< `image history`
base::Result<int> run_image_import(Invocation&, const Arguments&);   ///< `image import`
base::Result<int> run_image_inspect(Invocation&, const Arguments&);  ///< `image inspect`
base::Result<int> run_image_load(Invocation&, const Arguments&);     ///< `image load`
base::Result<int> run_image_ls(Invocation&, const Arguments&);       ///< `image ls`
base::Result<int> run_image_prune(Invocation&, const Arguments&);    ///< `image prune`
base::Result<int> run_image_pull(Invocation&, const Arguments&);     ///< `image pull`
base::Result<int> run_image_push(Invocation&, const Arguments&);     ///< `image push`
base::Result<int> run_image_rm(Invocation&, const Arguments&);       ///< `image rm`
base::Result<int> run_image_save(Invocation&, const Arguments&);     ///< `image save`
base::Result<int> run_image_tag(Invocation&, const Arguments&);      ///< `image tag`

/// Prints what becomes of an archive's layers to stderr; nothing when `quiet`.
engine_client::ImageEventSink print_layers(bool quiet);

/// The image, of the platform "os/arch[/variant]" unless that is "". NotFound when it is of another one.
base::Result<model::ObservedImage> inspect_image(engine_client::Engine& engine, const std::string& image,
                                                 const std::string& platform);

/// The first twelve digits of "sha256:<hex>".
std::string short_image_id(const std::string& id);

/// Prints "Untagged: ..." and "Deleted: ..." for what was taken away.
void print_removal(const engine_client::ImageRemoval& removal);

}  // namespace cli
