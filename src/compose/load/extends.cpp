// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "base/split.h"
#include "base/suggest.h"
#include "compose/load/file_path.h"
#include "compose/load/merge.h"
#include "compose/load/model_loader.h"
#include "compose/load/passes.h"
#include "compose/load/schema.h"

namespace compose::load {
namespace {

constexpr std::size_t kMaxChain = 128;

/// A file whose services may be extended.
struct BaseFile {
  std::string path;
  Tree* services = nullptr;
  Tree model;                  ///< Owns `services`, except for the file that is being loaded.
  std::string folder;          ///< What its relative paths are relative to.
  std::set<std::string> done;  ///< Services without an `extends` left.
};

/// One step of a chain of extends, for cycles.
struct Step {
  const BaseFile* file = nullptr;
  std::string service;
};

class Extender {
 public:
  Extender(const std::vector<TaggedPath>& tagged, const LoadContext& context) : context_(context) {
    for (const TaggedPath& path : tagged) {
      if (path.size() >= 3 && path[0] == "services")
        tagged_[path[1]].push_back({path.begin() + 2, path.end()});
    }
  }

  base::Result<> run(Tree& services, const std::string& path) {
    BaseFile main{
        .path = path, .services = &services, .model = {}, .folder = context_.project_directory, .done = {}};
    main_ = &main;
    for (const Entry& entry : services.entries) {
      if (entry.value.find("extends") == nullptr) continue;
      std::vector<Step> chain;
      TRY(resolve(main, entry.key, chain));
    }
    return {};
  }

 private:
  struct Reference {
    std::string service, file;
    base::Span at, file_at;
  };

  base::Result<Reference> read_reference(const Tree& extends, const std::string& name) const {
    const Path top;
    const Path services = top.child("services"), path = services.child(name);
    validate_extends(extends, path.child("extends"), context_);
    TRY(context_.diagnostics.checkpoint());
    if (extends.is_string()) return Reference{extends.text, "", extends.span, extends.span};
    const Tree* service = extends.find_value("service");
    if (service == nullptr) {
      return fail(extends.span, fmt::format("services.{}.extends: must name a service", name),
                  "write extends: {service: <name>, file: <path>}");
    }
    const Tree* file = extends.find_value("file");
    return Reference{service->text, std::string(extends.text_of("file")), service->span,
                     file == nullptr ? service->span : file->span};
  }

  tl::unexpected<base::Error> fail(const base::Span& at, std::string message, std::string hint = {}) const {
    return base::fail(context_.located(
        base::make_error(base::ErrorClass::Invalid, std::move(message)).with_hint(std::move(hint)), at));
  }

  /// After it: the service in `file` has no `extends`.
  base::Result<> resolve(BaseFile& file, const std::string& name, std::vector<Step>& chain) {
    if (file.done.contains(name)) return {};
    Tree* service = file.services->find(name);
    const Entry* entry = service->is_mapping() ? service->find_entry("extends") : nullptr;
    if (entry == nullptr || entry->value.is_null()) {
      service->erase("extends");
      file.done.insert(name);
      return {};
    }
    const Reference reference = TRY(read_reference(entry->value, name));
    TRY(check_chain(file, name, reference, chain));
    chain.push_back({&file, name});
    BaseFile* other = &file;
    if (!reference.file.empty()) other = TRY(open(reference, file));
    const Tree* found = other->services->find(reference.service);
    if (found == nullptr) return unknown_service(*other, name, reference, &file != other);
    if (!found->is_mapping() && !found->is_null()) {
      return fail(found->span, fmt::format("services.{}: must be a mapping, not {}", reference.service,
                                           to_text(found->kind)));
    }
    TRY(resolve(*other, reference.service, chain));
    chain.pop_back();
    Tree merged = *other->services->find(reference.service);
    if (other != main_) make_absolute(merged, *other);
    if (&file == main_) remove_tagged(tagged_[name], merged);
    service = file.services->find(name);
    service->erase("extends");
    merge_service(merged, std::move(*service), name, context_);
    merged.span = service->span;
    *service = std::move(merged);
    file.done.insert(name);
    return context_.diagnostics.checkpoint();
  }

  /// Relative paths of another file are relative to its own folder.
  void make_absolute(Tree& service, const BaseFile& file) const {
    Tree services = Tree::mapping();
    services.set("base", std::move(service));
    Tree root = Tree::mapping();
    root.set("services", std::move(services));
    LoadContext inner = context_;
    inner.project_directory = file.folder;
    resolve_paths(root, inner);
    service = std::move(*root.find("services")->find("base"));
  }

  base::Result<> check_chain(const BaseFile& file, const std::string& name, const Reference& reference,
                             const std::vector<Step>& chain) const {
    const bool again = std::ranges::any_of(
        chain, [&](const Step& step) { return step.file == &file && step.service == name; });
    if (!again && chain.size() < kMaxChain) return {};
    std::vector<std::string> names;
    for (const Step& step : chain) names.push_back(step.service);
    names.push_back(name);
    return fail(reference.at, again ? fmt::format("extends cycle: {}", base::join(names, " -> "))
                                    : fmt::format("extends chain is longer than {} services", kMaxChain));
  }

  tl::unexpected<base::Error> unknown_service(const BaseFile& other, const std::string& name,
                                              const Reference& reference, bool elsewhere) const {
    std::vector<std::string> names;
    for (const Entry& entry : other.services->entries) names.push_back(entry.key);
    const std::string near = base::nearest_name(reference.service, names);
    const std::string where =
        elsewhere ? " in " + display_path(context_.options.working_directory, other.path) : "";
    return fail(reference.at,
                fmt::format("cannot extend service \"{}\": service \"{}\" not found{}", name,
                            reference.service, where),
                near.empty() ? std::string() : fmt::format("did you mean \"{}\"?", near));
  }

  base::Result<BaseFile*> open(const Reference& reference, const BaseFile& from) {
    const std::string path = TRY(locate_file(reference.file, from.folder, reference.file_at, context_));
    if (path == main_->path) return main_;
    const auto known = files_.find(path);
    if (known != files_.end()) return known->second.get();
    auto file = std::make_unique<BaseFile>();
    file->path = path;
    file->folder = parent_folder(path);
    LoadContext inner = context_;
    inner.project_directory = file->folder;
    std::vector<ParsedFile> parsed;
    parsed.push_back(TRY(parse_file({path, "extended", reference.file_at}, inner)));
    file->model = TRY(merge_files(std::move(parsed), inner, {}, Depth::ExtendsBase));
    file->services = file->model.find("services");
    if (file->services == nullptr || !file->services->is_mapping()) {
      return fail(reference.file_at, fmt::format("{} has no services section",
                                                 display_path(context_.options.working_directory, path)));
    }
    return files_.emplace(path, std::move(file)).first->second.get();
  }

  const LoadContext& context_;
  BaseFile* main_ = nullptr;
  std::map<std::string, std::unique_ptr<BaseFile>> files_;
  std::map<std::string, std::vector<TaggedPath>> tagged_;
};

}  // namespace

base::Result<> apply_extends(Tree& root, const std::vector<TaggedPath>& tagged, const std::string& file,
                             const LoadContext& context) {
  Tree* services = root.find("services");
  if (services == nullptr || !services->is_mapping()) return {};
  return Extender(tagged, context).run(*services, file);
}

}  // namespace compose::load
