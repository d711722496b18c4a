// SPDX-License-Identifier: Apache-2.0
#include "compose/load/load.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "compose/load/config_hash.h"
#include "compose/load/decode.h"
#include "compose/load/discover.h"
#include "compose/load/file_path.h"
#include "compose/load/model_loader.h"
#include "compose/load/passes.h"

namespace compose::load {
namespace {

bool is_project_name(std::string_view name) {
  const auto first = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto rest = [&](char c) { return first(c) || c == '_' || c == '-'; };
  return !name.empty() && first(name[0]) && std::ranges::all_of(name, rest);
}

/// The last `name:` that is not empty, normalized. compose-spec: name
Tree name_in_files(const std::vector<ParsedFile>& files, const LoadContext& context) {
  Tree name = Tree::string("");
  for (const ParsedFile& file : files) {
    for (const Tree& document : file.documents) {
      const std::string_view text = document.text_of("name");
      if (text.empty()) continue;
      const auto value = substitute(text, context.lookup());
      if (!value || value->text.empty()) continue;
      name = Tree::string(normalize_project_name(value->text), document.find("name")->span);
      if (name.text == text) continue;
      name.provenance = context.sources.add(Provenance{.written = std::string(text),
                                                       .variables = value->uses,
                                                       .replaced = {},
                                                       .note = {},
                                                       .earlier = nullptr});
    }
  }
  return name;
}

/// The name, with its place or a note of where it comes from.
base::Result<Tree> choose_project_name(const Discovery& found, const std::vector<ParsedFile>& files,
                                       const LoadContext& context) {
  const auto noted = [&](std::string name, std::string note) {
    Tree tree = Tree::string(std::move(name));
    tree.provenance = context.sources.add(Provenance{
        .written = {}, .variables = {}, .replaced = {}, .note = std::move(note), .earlier = nullptr});
    return tree;
  };
  if (!found.project_name.empty()) {
    if (is_project_name(found.project_name)) {
      const Variable* variable = context.environment.find("COMPOSE_PROJECT_NAME");
      const bool is_flag = !context.options.project_name.empty() || variable == nullptr;
      return noted(
          found.project_name,
          is_flag ? "given by -p" : fmt::format("COMPOSE_PROJECT_NAME comes from {}", variable->origin));
    }
    return base::fail(
        base::make_error(base::ErrorClass::Invalid,
                         fmt::format("invalid project name \"{}\"", found.project_name))
            .with_hint("use lower-case letters, digits, _ and -, beginning with a letter or digit"));
  }
  Tree in_files = name_in_files(files, context);
  if (!in_files.text.empty()) return in_files;
  std::string of_folder = normalize_project_name(base_name(found.project_directory));
  if (!of_folder.empty()) return noted(std::move(of_folder), "the name of the project's folder");
  return base::fail(base::make_error(base::ErrorClass::Invalid, "the project has no name")
                        .with_hint("give one by -p or by `name:` in the Compose file"));
}

/// compose-spec: profiles. Naming a service activates its profiles.
std::vector<std::string> active_profiles(const Tree& root, std::vector<std::string> profiles,
                                         const LoadOptions& options) {
  if (profiles.empty()) profiles.emplace_back();  // `profiles: [""]`, often from a variable, is enabled
  const Tree* services = root.find("services");
  if (services == nullptr) return profiles;
  for (const std::string& name : options.services) {
    const Tree* service = services->find(name);
    const Tree* own = service == nullptr ? nullptr : service->find("profiles");
    if (own == nullptr) continue;
    for (const Tree& item : own->items) profiles.push_back(item.text);
  }
  return profiles;
}

/// All profiles that services name, those of disabled services included. Sorted.
std::vector<std::string> named_profiles(const Tree& root) {
  std::set<std::string> names;
  const Tree* services = root.find("services");
  if (services == nullptr) return {};
  for (const Entry& entry : services->entries) {
    const Tree* own = entry.value.find("profiles");
    if (own == nullptr) continue;
    for (const Tree& item : own->items) names.insert(item.text);
  }
  return {names.begin(), names.end()};
}

base::Result<> finish_model(Tree& root, const std::vector<std::string>& profiles, const LoadContext& context,
                            std::vector<std::string>& disabled_names) {
  const LoadOptions& options = context.options;
  bind_values(root, context);
  TRY(context.diagnostics.checkpoint());
  context.done("values", root);
  const Tree disabled = take_disabled_services(root, active_profiles(root, profiles, options));
  for (const Entry& entry : disabled.entries) disabled_names.push_back(entry.key);
  context.done("profiles", root);
  if (!options.no_consistency) check_consistency(root, disabled, context);
  TRY(context.diagnostics.checkpoint());
  context.done("consistency", root);
  // Who is not selected is no orphan: the project still has it.
  for (std::string& name : select_services(root, disabled, context))
    disabled_names.push_back(std::move(name));
  std::ranges::sort(disabled_names);
  TRY(context.diagnostics.checkpoint());
  context.done("selection", root);
  if (!options.no_env_resolution) read_env_files(root, context);
  read_label_files(root, context);
  TRY(context.diagnostics.checkpoint());
  context.done("env files", root);
  if (!options.all_resources) drop_unused(root);
  context.done("resources", root);
  return {};
}

void collect(base::Error error, std::vector<base::Error>& out) {
  std::vector<base::Error> rest = std::move(error.also);
  error.also.clear();
  out.push_back(std::move(error));
  for (base::Error& other : rest) collect(std::move(other), out);
}

/// The same errors, by place within each file; files in the order of their first error.
base::Error in_file_order(base::Error error) {
  std::vector<base::Error> all;
  collect(std::move(error), all);
  std::vector<std::string> files;
  const auto place = [&](const base::Error& one) {
    const std::string file = one.location ? one.location->file : "";
    const auto found = std::ranges::find(files, file);
    if (found != files.end()) return found - files.begin();
    files.push_back(file);
    return static_cast<std::ptrdiff_t>(files.size()) - 1;
  };
  for (const base::Error& one : all) place(one);
  std::ranges::stable_sort(all, [&](const base::Error& a, const base::Error& b) {
    const auto key = [&](const base::Error& one) {
      return std::tuple(place(one), one.location ? one.location->line : 0,
                        one.location ? one.location->column : 0);
    };
    return key(a) < key(b);
  });
  return base::join_errors(std::move(all));
}

class ProjectLoader {
 public:
  ProjectLoader(const LoadOptions& options, const FileSource& files)
      : options_(options),
        sources_(std::make_shared<SourceSet>()),
        context_{.options = options,
                 .files = files,
                 .sources = *sources_,
                 .diagnostics = diagnostics_,
                 .warned_variables = warned_variables_,
                 .kept_files = options.keep_tree ? &loaded_.files : nullptr,
                 .environment = {},
                 .project_directory = {}} {}

  base::Result<Loaded> run() {
    Discovery found = TRY(discover(context_));
    if (found.files.empty()) return no_file();
    context_.environment = found.environment;
    context_.project_directory = found.project_directory;
    std::vector<ParsedFile> files = TRY(parse_files(found.files));
    model::Project& project = loaded_.project;
    Tree name = TRY(choose_project_name(found, files, context_));
    project.name = name.text;
    context_.environment.set("COMPOSE_PROJECT_NAME", project.name, "the project's name");
    std::vector<std::string> including;
    for (const ParsedFile& file : files) including.push_back(file.path);
    Tree root = TRY(load_model(std::move(files), context_, including));
    if (!options_.no_normalize) normalize(root, project.name, context_);
    context_.done("normalize", root);
    root.set("name", std::move(name));
    if (root.find_value("services") == nullptr) root.set("services", Tree::mapping());
    std::vector<std::string> disabled, profiles = named_profiles(root);
    if (options_.no_interpolate) {
      project.profiles = std::move(profiles);
      sort_keys(root);
      return finish(std::move(root), found);
    }
    TRY(finish_model(root, found.profiles, context_, disabled));
    sort_keys(root);
    context_.done("order", root);
    model::Project decoded = decode_project(root, context_);
    TRY(diagnostics_.checkpoint());
    set_default_platform(decoded);
    decoded.name = std::move(project.name);
    project = std::move(decoded);
    project.disabled_services = std::move(disabled);
    project.profiles = std::move(profiles);
    set_config_hashes(root, context_, project);
    return finish(std::move(root), found);
  }

 private:
  tl::unexpected<base::Error> no_file() const {
    return base::fail(
        base::make_error(base::ErrorClass::NotFound,
                         fmt::format("no Compose file in {} or any folder above", options_.working_directory))
            .with_hint("create compose.yaml, or name a file by -f"));
  }

  /// Not part of what `config` prints, nor of the config hash: it may differ by machine.
  void set_default_platform(model::Project& project) const {
    const Variable* platform = context_.environment.find("DOCKER_DEFAULT_PLATFORM");
    if (platform == nullptr) return;
    for (auto& [name, service] : project.services) {
      if (service.platform.empty()) service.platform = platform->value;
    }
  }

  base::Result<std::vector<ParsedFile>> parse_files(const std::vector<std::string>& paths) {
    std::vector<ParsedFile> files;
    for (const std::string& path : paths) {
      const std::string local =
          path == "-" ? path : TRY(locate_file(path, options_.working_directory, {}, context_));
      files.push_back(TRY(parse_file({local, "", {}}, context_)));
    }
    return files;
  }

  Loaded finish(Tree root, Discovery& found) {
    model::Project& project = loaded_.project;
    project.working_dir = found.project_directory;
    project.config_files = std::move(found.files);
    project.env_files = std::move(found.env_files);
    for (const auto& [name, variable] : context_.environment.all())
      project.environment.emplace(name, variable.value);
    if (options_.keep_tree) loaded_.tree = std::move(root);
    loaded_.warnings = diagnostics_.warnings();
    loaded_.sources = sources_;
    return std::move(loaded_);
  }

  const LoadOptions& options_;
  std::shared_ptr<SourceSet> sources_;
  base::Diagnostics diagnostics_;
  std::set<std::string> warned_variables_;
  Loaded loaded_;
  LoadContext context_;
};

}  // namespace

base::Result<Loaded> load_project(const LoadOptions& options, const FileSource& files) {
  auto loaded = ProjectLoader(options, files).run();
  if (!loaded) return base::fail(in_file_order(std::move(loaded.error())));
  return loaded;
}

base::Result<Settings> discover_settings(const LoadOptions& options, const FileSource& files) {
  SourceSet sources;
  base::Diagnostics diagnostics;
  std::set<std::string> warned;
  const LoadContext context{.options = options,
                            .files = files,
                            .sources = sources,
                            .diagnostics = diagnostics,
                            .warned_variables = warned,
                            .kept_files = nullptr,
                            .environment = {},
                            .project_directory = {}};
  Discovery found = TRY(discover(context));
  Settings settings{.environment = {},
                    .files = std::move(found.files),
                    .project_directory = std::move(found.project_directory),
                    .project_name = std::move(found.project_name),
                    .profiles = std::move(found.profiles),
                    .env_files = std::move(found.env_files),
                    .warnings = diagnostics.warnings()};
  for (const auto& [name, variable] : found.environment.all())
    settings.environment.emplace(name, variable.value);
  return settings;
}

std::string normalize_project_name(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (word || ((c == '_' || c == '-') && !out.empty())) out += c;
  }
  return out;
}

}  // namespace compose::load
