// SPDX-License-Identifier: Apache-2.0
#include "compose/load/config_hash.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/sha256.h"

namespace compose::load {
namespace {

constexpr std::string_view kLeftOut[] = {"build", "pull_policy", "scale", "depends_on", "profiles"};

void encode_text(std::string_view text, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{}:", text.size());
  out += text;
}

/// One text a value, the same for equal data: lengths in front, so that nothing needs escapes.
void encode(const Tree& node, std::string& out) {
  if (node.is_sequence()) {
    fmt::format_to(std::back_inserter(out), "[{}", node.items.size());
    for (const Tree& item : node.items) encode(item, out);
    return;
  }
  if (!node.is_mapping()) {
    out += node.is_null() ? 'n' : node.is_string() ? 's' : 'v';
    encode_text(scalar_text(node), out);
    return;
  }
  std::vector<const Entry*> entries;
  for (const Entry& entry : node.entries) {
    if (!entry.key.starts_with("x-")) entries.push_back(&entry);
  }
  std::ranges::sort(entries, {}, [](const Entry* entry) -> const std::string& { return entry->key; });
  fmt::format_to(std::back_inserter(out), "{{{}", entries.size());
  for (const Entry* entry : entries) {
    encode_text(entry->key, out);
    encode(entry->value, out);
  }
}

std::string encode_service(const Tree& service) {
  Tree kept = Tree::mapping();
  for (const Entry& entry : service.entries) {
    if (std::ranges::find(kLeftOut, entry.key) != std::end(kLeftOut)) continue;
    kept.entries.push_back(entry);
  }
  if (Tree* deploy = kept.find("deploy")) deploy->erase("replicas");
  std::string out;
  encode(kept, out);
  return out;
}

/// Hash of what a secret or config holds now; "missing" when there is nothing to read.
std::string content_hash(const model::ProjectFile& file, const FileSource& files) {
  if (file.content) return base::sha256_hex(*file.content);
  if (file.file.empty() || files.is_directory(file.file)) return file.file;
  const auto text = files.read(file.file);
  return text ? base::sha256_hex(*text) : "missing";
}

class ContentHashes {
 public:
  ContentHashes(const std::map<std::string, model::ProjectFile>& known, const FileSource& files)
      : known_(known), files_(files) {}

  void add(const std::vector<model::FileReference>& references, std::string& out) {
    for (const model::FileReference& reference : references) {
      const auto found = known_.find(reference.source);
      if (found == known_.end()) continue;
      auto [place, fresh] = hashes_.try_emplace(reference.source);
      if (fresh) place->second = content_hash(found->second, files_);
      encode_text(reference.source, out);
      encode_text(place->second, out);
    }
  }

 private:
  const std::map<std::string, model::ProjectFile>& known_;
  const FileSource& files_;
  std::map<std::string, std::string> hashes_;
};

}  // namespace

void set_config_hashes(const Tree& root, const LoadContext& context, model::Project& project) {
  ContentHashes secrets(project.secrets, context.files), configs(project.configs, context.files);
  if (const Tree* services = root.find("services")) {
    for (const Entry& entry : services->entries) {
      model::Service& service = project.services.at(entry.key);
      std::string text = encode_service(entry.value);
      secrets.add(service.secrets, text);
      configs.add(service.configs, text);
      service.config_hash = base::sha256_hex(text);
    }
  }
  const auto hash_section = [&](std::string_view section, auto& values) {
    const Tree* found = root.find(section);
    if (found == nullptr) return;
    for (const Entry& entry : found->entries) {
      std::string text;
      encode(entry.value, text);
      values.at(entry.key).config_hash = base::sha256_hex(text);
    }
  };
  hash_section("networks", project.networks);
  hash_section("volumes", project.volumes);
}

}  // namespace compose::load
