// SPDX-License-Identifier: Apache-2.0
#include "compose/load/list_references.h"

namespace compose::load {
namespace {

void collect(const Tree& node, std::vector<VariableReference>& out) {
  if (node.is_string()) {
    for (VariableReference& reference : find_references(node.text)) out.push_back(std::move(reference));
  }
  for (const Tree& item : node.items) collect(item, out);
  for (const Entry& entry : node.entries) collect(entry.value, out);
}

}  // namespace

base::Result<std::vector<VariableReference>> list_references(const LoadOptions& options,
                                                             const FileSource& files) {
  std::vector<VariableReference> references;
  LoadOptions wanted = options;
  wanted.no_consistency = true;
  wanted.services.clear();
  wanted.after_pass = [&](std::string_view pass, const Tree& tree) {
    if (pass == "read") collect(tree, references);
  };
  const auto loaded = load_project(wanted, files);
  if (loaded) return references;
  // a variable may be missing: that is no reason not to list it
  references.clear();
  wanted.no_interpolate = true;
  if (load_project(wanted, files)) return references;
  return base::fail(loaded.error());
}

}  // namespace compose::load
