// SPDX-License-Identifier: Apache-2.0
#include "compose/load/source_set.h"

#include <fmt/format.h>

namespace compose::load {

const base::Source* SourceSet::add(std::string name, std::string text, std::string how,
                                   const base::Span& at) {
  sources_.push_back({std::move(name), std::move(text)});
  const base::Source* source = &sources_.back();
  if (!how.empty()) origins_[source] = {std::move(how), at};
  return source;
}

const Provenance* SourceSet::add(Provenance provenance) {
  provenance_.push_back(std::move(provenance));
  return &provenance_.back();
}

std::vector<std::string> SourceSet::chain(const base::Source* source) const {
  std::vector<std::string> lines;
  for (auto found = origins_.find(source); found != origins_.end();
       found = origins_.find(found->second.at.source)) {
    const auto& [how, at] = found->second;
    if (at.source == nullptr) break;
    lines.push_back(fmt::format("loading {}, {} at {}:{}", source->name, how, at.source->name, at.line));
    source = at.source;
  }
  return lines;
}

}  // namespace compose::load
