// SPDX-License-Identifier: Apache-2.0
#include "model/build_spec.h"

#include <fmt/format.h>

namespace model {

base::Error at_place(base::Error error, const BuildSpec& spec, std::string_view part) {
  const auto found = spec.places.find(part);
  if (found == spec.places.end() || error.location) return error;
  const BuildPlace& place = found->second;
  if (place.span.source != nullptr) return std::move(error).at(place.span);
  return place.flag.empty() ? error : std::move(error).while_doing(fmt::format("reading {}", place.flag));
}

}  // namespace model
