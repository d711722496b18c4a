// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "compose/plan/names.h"
#include "compose/plan/plan.h"
#include "model/project.h"

namespace compose::plan {

/// Which container of a service a spec is wanted for.
struct SpecRequest {
  int number = 1;        ///< Replica; ignored for one-offs.
  std::string image_id;  ///< Digest of the image it will run, for the label; empty when not known.
  NameSeparator separator = '-';
  std::string version;  ///< Of this program, for the label.
  std::string slug;     ///< Not empty: a one-off with this random id.
};

/// What the engine must make for one replica of `service`: a pure translation of the model, with names of
/// networks, volumes and images resolved. What comes from another service's container (`service:x`) is
/// left out: see shared_services(). Invalid: a secret or config without a value, a malformed port.
/// compose-spec: services.*
base::Result<model::ContainerSpec> make_container_spec(const model::Project& project,
                                                       const model::Service& service,
                                                       const SpecRequest& request);

/// The image that a mount of type image shows: that of a service of this name, or the one of this name.
/// compose-spec: services.volumes.type
std::string mounted_image(const model::Project& project, const model::MountSpec& mount,
                          NameSeparator separator);

/// Another service of the project whose first container gives part of itself to this service's.
/// compose-spec: network_mode, pid, ipc, uts: "service:x"; volumes_from.
struct SharedService {
  SharedPart part = SharedPart::Network;
  std::string service;
  bool read_only = false;
};
std::vector<SharedService> shared_services(const model::Service& service);

/// Networks a service's containers attach to, the primary first: by priority, then by name.
std::vector<model::EndpointSpec> make_endpoints(const model::Project& project, const model::Service& service);

/// "8000-8010" of a published port as first and last; "" is 0, 0. Invalid: no number, out of range.
base::Result<model::PortBinding> make_port_binding(const model::ServicePort& port);

/// Secrets and configs of a service as files. compose-spec: services.*.secrets, services.*.configs
base::Result<std::vector<model::FileSpec>> make_files(const model::Project& project,
                                                      const model::Service& service);

}  // namespace compose::plan
