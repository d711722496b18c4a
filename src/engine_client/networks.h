// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/network_spec.h"
#include "model/observed.h"

namespace engine_client {

struct ResourceFilter {
  std::map<std::string, std::string> labels;  ///< Empty value: the label must only be there.
};

/// The engine's networks.
class Networks {
 public:
  virtual ~Networks() = default;
  virtual base::Result<std::vector<model::ObservedNetwork>> list(const ResourceFilter&) = 0;
  virtual base::Result<model::ObservedNetwork> inspect(const std::string& network) = 0;
  /// The network's ID. Conflict when the name is taken or an address range is in use.
  virtual base::Result<std::string> create(const model::NetworkSpec&) = 0;
  /// Conflict while a container is attached.
  virtual base::Result<> remove(const std::string& network) = 0;
  virtual base::Result<> connect(const std::string& network, const std::string& container,
                                 const model::EndpointSpec&) = 0;
  virtual base::Result<> disconnect(const std::string& network, const std::string& container) = 0;
};

}  // namespace engine_client
