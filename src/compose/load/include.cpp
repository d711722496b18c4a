// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "base/split.h"
#include "compose/load/file_path.h"
#include "compose/load/key_values.h"
#include "compose/load/merge.h"
#include "compose/load/model_loader.h"
#include "compose/load/project_environment.h"
#include "compose/load/schema.h"

namespace compose::load {
namespace {

/// compose-spec: include[]: one entry in its long form.
struct IncludeEntry {
  std::vector<const Tree*> paths;
  std::string project_directory;
  const Tree* env_files = nullptr;
};

class Includer {
 public:
  Includer(const LoadContext& context, const std::vector<std::string>& including)
      : context_(context), including_(including) {}

  base::Result<Tree> load(const Tree& item) {
    const IncludeEntry entry = read_entry(item);
    LoadContext inner = context_;
    inner.is_included = true;
    std::vector<std::string> chain = including_;
    std::vector<ParsedFile> files;
    for (const Tree* reference : entry.paths) {
      const std::string path =
          TRY(locate_file(reference->text, context_.project_directory, reference->span, context_));
      if (files.empty()) set_directory(inner, entry, path);
      if (std::ranges::find(including_, path) != including_.end()) return cycle(path, *reference);
      chain.push_back(path);
      files.push_back(TRY(parse_file({path, "included", reference->span}, inner)));
    }
    TRY(add_environment(inner, entry));
    return load_model(std::move(files), inner, chain);
  }

 private:
  static IncludeEntry read_entry(const Tree& item) {
    IncludeEntry entry;
    const Tree* path = item.is_mapping() ? item.find_value("path") : &item;
    if (path != nullptr && path->is_string()) entry.paths.push_back(path);
    if (path != nullptr) {
      for (const Tree& one : path->items) entry.paths.push_back(&one);
    }
    entry.project_directory = item.text_of("project_directory");
    entry.env_files = item.find_value("env_file");
    return entry;
  }

  void set_directory(LoadContext& inner, const IncludeEntry& entry, const std::string& first_path) const {
    inner.project_directory = entry.project_directory.empty()
                                  ? parent_folder(first_path)
                                  : join_path(context_.project_directory, entry.project_directory);
  }

  base::Result<> add_environment(LoadContext& inner, const IncludeEntry& entry) const {
    std::vector<std::string> paths;
    if (entry.env_files == nullptr) {
      const std::string path = join_path(inner.project_directory, ".env");
      if (context_.files.exists(path) && !context_.files.is_directory(path)) paths.push_back(path);
    } else {
      Tree list = *entry.env_files;
      make_list(list);
      for (const Tree& item : list.items) {
        if (item.text == "/dev/null") continue;
        const std::string path = join_path(context_.project_directory, item.text);
        if (!context_.files.exists(path)) {
          return base::fail(context_.located(
              base::make_error(base::ErrorClass::NotFound, fmt::format("env file {} not found", path))
                  .with_hint("create it, or remove it from env_file"),
              item.span));
        }
        paths.push_back(path);
      }
    }
    return add_env_files(paths, inner.environment, inner);
  }

  tl::unexpected<base::Error> cycle(const std::string& path, const Tree& reference) const {
    std::vector<std::string> names;
    for (const std::string& file : including_)
      names.push_back(display_path(context_.options.working_directory, file));
    names.push_back(display_path(context_.options.working_directory, path));
    return base::fail(
        context_.located(base::make_error(base::ErrorClass::Invalid,
                                          fmt::format("include cycle: {}", base::join(names, " -> "))),
                         reference.span));
  }

  const LoadContext& context_;
  const std::vector<std::string>& including_;
};

/// Lays the sections of `root` over those of `imported`, and keeps the result in `root`.
void import(Tree& root, Tree imported, const std::vector<TaggedPath>& tagged, const LoadContext& context) {
  remove_tagged(tagged, imported);
  const Path top;
  for (const std::string_view section : {"services", "volumes", "networks", "secrets", "configs", "models"}) {
    Tree* from = imported.find(section);
    if (from == nullptr || from->is_null()) continue;
    Tree* own = root.find(section);
    if (own == nullptr || own->is_null()) {
      root.set(section, std::move(*from));
      continue;
    }
    Tree over = Tree::mapping();
    over.set(section, std::move(*own));
    Tree base = Tree::mapping();
    base.set(section, std::move(*from));
    merge(base, std::move(over), top, context);
    *own = std::move(*base.find(section));
  }
}

}  // namespace

base::Result<> apply_include(Tree& root, const std::vector<TaggedPath>& tagged, const LoadContext& context,
                             const std::vector<std::string>& including) {
  const Entry* entry = root.find_entry("include");
  if (entry == nullptr) return {};
  Tree list = entry->value;
  root.erase("include");
  if (!list.is_sequence()) {
    if (list.is_null()) return {};
    return base::fail(
        context.located(base::make_error(base::ErrorClass::Invalid,
                                         fmt::format("include must be a list, not {}", to_text(list.kind)))
                            .with_hint("write each file as an item, with - in front"),
                        list.span));
  }
  const Path top;
  const Path path = top.child("include");
  for (std::size_t i = 0; i < list.items.size(); ++i) validate_include(list.items[i], path.item(i), context);
  TRY(context.diagnostics.checkpoint());
  Includer includer(context, including);
  for (const Tree& item : list.items) import(root, TRY(includer.load(item)), tagged, context);
  return context.diagnostics.checkpoint();
}

}  // namespace compose::load
