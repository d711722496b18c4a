// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine_client/networks.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {

/// engine_client::Networks over the network store and what it makes of it in the kernel.
class BundledNetworks final : public engine_client::Networks {
 public:
  explicit BundledNetworks(Stores& stores) : stores_(stores) {}
  base::Result<std::vector<model::ObservedNetwork>> list(
      const engine_client::ResourceFilter& filter) override;
  base::Result<model::ObservedNetwork> inspect(const std::string& network) override;
  base::Result<std::string> create(const model::NetworkSpec& spec) override;
  base::Result<> remove(const std::string& network) override;
  base::Result<> connect(const std::string& network, const std::string& container,
                         const model::EndpointSpec& endpoint) override;
  base::Result<> disconnect(const std::string& network, const std::string& container) override;

 private:
  Stores& stores_;
};

}  // namespace runtime::engine
