// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "model/observed.h"
#include "model/project.h"

namespace compose::plan {

/// Between the parts of container and image names: "-", or "_" with --compatibility.
using NameSeparator = char;

/// "shop-web-1", or the service's `container_name` as it stands.
std::string container_name(const model::Project& project, const model::Service& service, int number,
                           NameSeparator separator);

/// What a container is called while the one it replaces still has the name: "<12 hex>_shop-web-1".
std::string replacement_name(const std::string& old_id, std::string_view final_name);

/// `image`, or the name of the image its `build` makes: "shop-web".
std::string image_name(const model::Project& project, const model::Service& service, NameSeparator separator);

/// The service a container belongs to by its labels; empty when it is none of ours.
std::string service_of(const model::ObservedContainer& container);
/// Its replica number; 0 for one-offs and what carries none.
int number_of(const model::ObservedContainer& container);
bool is_one_off(const model::ObservedContainer& container);
/// Labelled as a service's container by compose: others with the project's label are left alone.
bool is_managed(const model::ObservedContainer& container);

/// "db:service_healthy:false,cache:service_started:true"
std::string depends_on_text(const std::map<std::string, model::Dependency>& depends_on);
std::map<std::string, model::Dependency> parse_depends_on(std::string_view text);

}  // namespace compose::plan
