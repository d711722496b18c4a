// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine_client/images.h"
#include "runtime/build/step_runner.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {

/// engine_client::Images over the image store, the registry client and the builder.
class BundledImages final : public engine_client::Images {
 public:
  explicit BundledImages(Stores& stores, build::StepRunner& runner) : stores_(stores), runner_(runner) {}

  base::Result<std::vector<model::ObservedImage>> list() override;
  base::Result<model::ObservedImage> inspect(const std::string& image) override;
  base::Result<std::vector<std::string>> layers(const std::string& image) override;
  base::Result<> pull(const std::string& reference, const engine_client::PullOptions& options,
                      const engine_client::ImageEventSink& sink,
                      const base::Cancellation& cancellation) override;
  base::Result<std::vector<std::string>> remote_tags(const std::string& repository,
                                                     const base::Cancellation& cancellation) override;
  base::Result<> push(const std::string& reference, const engine_client::ImageEventSink& sink,
                      const base::Cancellation& cancellation) override;
  base::Result<std::string> build(const model::BuildSpec& spec, const engine_client::ImageEventSink& sink,
                                  const base::Cancellation& cancellation) override;
  base::Result<std::vector<std::string>> base_images(const model::BuildSpec& spec) override;
  base::Result<model::BuildOutline> outline(const model::BuildSpec& spec,
                                            const base::Cancellation& cancellation) override;
  base::Result<engine_client::ImageRemoval> remove(const std::string& image, bool force) override;
  base::Result<engine_client::ImageRemoval> prune(engine_client::PruneImages which,
                                                  const engine_client::PruneFilter& filter) override;
  base::Result<std::vector<engine_client::ImageHistoryRow>> history(const std::string& image) override;
  base::Result<> tag(const std::string& image, const std::string& reference) override;
  base::Result<std::string> import(int tar, const engine_client::ImportOptions& options) override;
  base::Result<std::vector<std::string>> load(int tar, const engine_client::LoadOptions& options,
                                              const engine_client::ImageEventSink& sink) override;
  base::Result<> save(const engine_client::SaveOptions& options, int tar,
                      const base::Cancellation& cancellation) override;
  base::Result<> export_root(const std::string& image, int tar,
                             const base::Cancellation& cancellation) override;

 private:
  /// Names of the containers that are made from an image, or mount it.
  image::ImageUsers image_users();

  Stores& stores_;
  build::StepRunner& runner_;
};

}  // namespace runtime::engine
