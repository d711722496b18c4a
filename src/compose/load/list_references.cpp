// SPDX-License-Identifier: Apache-2.0
#include "compose/load/list_references.h"

#include "compose/load/yaml_reader.h"

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
  const Settings settings = TRY(discover_settings(options, files));
  if (settings.files.empty()) return base::fail(base::ErrorClass::NotFound, "no Compose file found");
  std::vector<VariableReference> references;
  for (const std::string& path : settings.files) {
    const base::Source source{.name = path, .text = TRY(files.read(path))};
    for (const Tree& document : TRY(read_yaml(source))) collect(document, references);
  }
  return references;
}

}  // namespace compose::load
