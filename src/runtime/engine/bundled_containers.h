// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine_client/containers.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {

/// engine_client::Containers over the container store and the monitors. What a method does stands in the
/// file named for it: container_create, container_start, container_remove, container_events.
class BundledContainers final : public engine_client::Containers {
 public:
  explicit BundledContainers(Stores& stores) : stores_(stores) {}

  base::Result<std::vector<model::ObservedContainer>> list(
      const engine_client::ContainerFilter& filter) override;
  base::Result<model::ObservedContainer> inspect(const std::string& container) override;
  std::vector<engine_client::Refusal> refusals(const model::ContainerSpec& spec) override;
  base::Result<std::string> create(const model::ContainerSpec& spec,
                                   const base::Cancellation& cancellation) override;
  base::Result<> start(const std::string& container) override;
  base::Result<> stop(const std::string& container, const engine_client::StopOptions& options) override;
  base::Result<> kill(const std::string& container, const std::string& signal) override;
  base::Result<> remove(const std::string& container, const engine_client::RemoveOptions& options) override;
  base::Result<> rename(const std::string& container, const std::string& name) override;
  base::Result<> pause(const std::string& container) override;
  base::Result<> unpause(const std::string& container) override;
  base::Result<int> wait(const std::string& container, const base::Cancellation& cancellation) override;
  base::Result<> logs(const std::string& container, const engine_client::LogOptions& options,
                      const engine_client::LogSink& sink, const base::Cancellation& cancellation) override;
  base::Result<> attach(const std::string& container, const engine_client::TerminalStreams& streams,
                        const std::function<base::Result<>()>& started,
                        const base::Cancellation& cancellation) override;
  base::Result<> events(const engine_client::ContainerFilter& filter, const engine_client::EventSink& sink,
                        const base::Cancellation& cancellation) override;
  base::Result<> resize(const std::string& container, std::uint16_t rows, std::uint16_t columns) override;

 private:
  Stores& stores_;
};

}  // namespace runtime::engine
