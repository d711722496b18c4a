// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "base/split.h"
#include "compose/load/file_path.h"
#include "compose/load/passes.h"

namespace compose::load {
namespace {

/// "C:\data" as "/c/data", where machines that run containers for Windows have their drives.
std::string without_drive(std::string path) {
  std::ranges::replace(path, '\\', '/');
  return fmt::format("/{}{}", base::to_lower(path.substr(0, 1)), path.substr(2));
}

class PathResolver {
 public:
  explicit PathResolver(const LoadContext& context)
      : context_(context), convert_drives_(context.environment.is_on("COMPOSE_CONVERT_WINDOWS_PATHS")) {
    if (const Variable* home = context.environment.find("HOME")) home_ = home->value;
  }

  void service(Tree& service) {
    if (Tree* build = service.find("build")) {
      if (Tree* folder = build->find("context")) build_context(*folder);
      if (Tree* contexts = build->find("additional_contexts")) {
        for (Entry& entry : contexts->entries) build_context(entry.value);
      }
      if (Tree* ssh = build->find("ssh")) {
        for (Entry& entry : ssh->entries) file(entry.value);
      }
    }
    if (Tree* env_files = service.find("env_file")) {
      for (Tree& item : env_files->items) {
        if (Tree* path = item.find("path")) file(*path);
      }
    }
    if (Tree* label_files = service.find("label_file")) {
      for (Tree& item : label_files->items) file(item);
    }
    if (Tree* volumes = service.find("volumes")) {
      for (Tree& item : volumes->items) {
        Tree* source = item.text_of("type") == "bind" ? item.find("source") : nullptr;
        if (source == nullptr) continue;
        if (convert_drives_ && source->is_string() && is_windows_path(source->text))
          source->text = without_drive(source->text);
        file(*source);
      }
    }
    Tree* develop = service.find("develop");
    if (Tree* watch = develop == nullptr ? nullptr : develop->find("watch")) {
      for (Tree& rule : watch->items) watched(rule);
    }
    Tree* extends = service.find("extends");
    if (Tree* base = extends == nullptr ? nullptr : extends->find("file")) {
      if (!is_remote_context(base->text)) file(*base);
    }
  }

  void file_object(Tree& object) {
    if (Tree* path = object.find("file")) file(*path);
  }

  /// A local volume that binds a folder of the host.
  void volume(Tree& volume) {
    Tree* options = volume.find("driver_opts");
    if (options == nullptr || volume.text_of("driver") != "local" || options->text_of("o") != "bind") return;
    if (Tree* device = options->find("device")) file(*device);
  }

 private:
  void file(Tree& path) const {
    if (!path.is_string() || path.text.empty()) return;
    std::string& text = path.text;
    if (text == "~" || text.starts_with("~/")) text = clean_path(home_ + text.substr(1));
    if (text.starts_with('/') || is_windows_path(text) || text.starts_with("\\\\")) return;
    text = join_path(context_.project_directory, text);
  }

  void build_context(Tree& path) const {
    if (path.is_string() && !is_remote_context(path.text)) file(path);
  }

  void watched(Tree& rule) const {
    Tree* path = rule.find("path");
    if (path == nullptr || !path->is_string() || path->text.empty()) return;
    file(*path);
    path->text = context_.files.real_path(path->text);
  }

  const LoadContext& context_;
  bool convert_drives_;
  std::string home_;
};

template <class Visit>
void each_entry(Tree& root, std::string_view section, Visit visit) {
  Tree* found = root.find(section);
  if (found == nullptr) return;
  for (Entry& entry : found->entries) visit(entry.value);
}

}  // namespace

void resolve_paths(Tree& root, const LoadContext& context) {
  PathResolver resolver(context);
  each_entry(root, "services", [&](Tree& node) { resolver.service(node); });
  each_entry(root, "configs", [&](Tree& node) { resolver.file_object(node); });
  each_entry(root, "secrets", [&](Tree& node) { resolver.file_object(node); });
  each_entry(root, "volumes", [&](Tree& node) { resolver.volume(node); });
}

}  // namespace compose::load
