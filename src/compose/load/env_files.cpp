// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>

#include "compose/load/dotenv.h"
#include "compose/load/passes.h"

namespace compose::load {
namespace {

/// A file's assignments, read once however many services share it.
class EnvFileReader {
 public:
  explicit EnvFileReader(const LoadContext& context) : context_(context) {}

  /// `own` and `earlier` are asked when the project's environment does not have a variable: `own`
  /// before the file's lines, `earlier` after them.
  base::Result<std::vector<EnvEntry>> read(const std::string& path, std::string_view format,
                                           const base::Span& at, const VariableLookup& own,
                                           const VariableLookup& earlier) {
    const base::Source* source = TRY(text(path, at));
    if (format == "raw") return read_raw_env(*source);
    const VariableLookup first = [&](std::string_view name) {
      const Variable* found = context_.environment.find(name);
      return found != nullptr || !own ? found : own(name);
    };
    return read_dotenv(*source, first, earlier);
  }

 private:
  base::Result<const base::Source*> text(const std::string& path, const base::Span& at) {
    const auto known = sources_.find(path);
    if (known != sources_.end()) return known->second;
    const base::Source* source = TRY(context_.read(path, "an env_file", at));
    sources_.emplace(path, source);
    return source;
  }

  const LoadContext& context_;
  std::map<std::string, const base::Source*> sources_;
};

class EnvFilePass {
 public:
  explicit EnvFilePass(const LoadContext& context) : context_(context), reader_(context) {}

  void environment(Tree& service, const Path& path) {
    const Tree* files = service.find("env_file");
    if (files == nullptr) return;
    Tree merged = Tree::mapping(files->span);
    for (std::size_t i = 0; i < files->items.size(); ++i) {
      const Path list = path.child("env_file");
      env_file(files->items[i], list.item(i), service.find("environment"), merged);
    }
    lay_over(service.find("environment"), merged);
    service.erase("env_file");
    if (!merged.entries.empty()) service.set("environment", std::move(merged));
  }

  void labels(Tree& service, const Path& path) {
    const Tree* files = service.find("label_file");
    if (files == nullptr) return;
    Tree merged = Tree::mapping(files->span);
    for (std::size_t i = 0; i < files->items.size(); ++i) {
      const Path list = path.child("label_file");
      const Tree& item = files->items[i];
      const auto entries = reader_.read(item.text, "", item.span, {}, {});
      if (!entries)
        fail(entries.error(), list.item(i), item.span, fmt::format("label file {} not found", item.text),
             "create it, or remove it from label_file");
      else
        add(*entries, item.text, merged, false);
    }
    lay_over(service.find("labels"), merged);
    service.erase("label_file");
    if (!merged.entries.empty()) service.set("labels", std::move(merged));
  }

 private:
  /// A lookup of what `values` sets, which may be nothing; `found` holds what it gave last.
  static VariableLookup values_of(const Tree* values, Variable& found) {
    return [values, &found](std::string_view name) -> const Variable* {
      const Tree* value = values == nullptr ? nullptr : values->find_value(name);
      if (value == nullptr) return nullptr;
      found = {scalar_text(*value), ""};
      return &found;
    };
  }

  void env_file(const Tree& item, const Path& path, const Tree* own, Tree& merged) {
    const std::string file(item.text_of("path"));
    const std::string_view format = item.text_of("format");
    const Tree* required = item.find("required");
    const bool optional = required != nullptr && required->kind == Kind::Bool && !required->bool_value;
    if (!format.empty() && format != "raw") {
      return context_.error(path, item.find("format")->span, fmt::format("unknown format \"{}\"", format),
                            "leave format away, or say raw");
    }
    if (optional && !context_.files.exists(file)) return;
    const base::Span& at = item.find("path")->span;
    Variable found;
    const auto entries = reader_.read(file, format, at, values_of(own, found), values_of(&merged, found));
    if (!entries)
      return fail(entries.error(), path, at, fmt::format("env file {} not found", file),
                  "create it, or say required: false");
    add(*entries, file, merged, true);
  }

  void fail(const base::Error& error, const Path& path, const base::Span& at, std::string missing,
            std::string hint) {
    if (error.error_class == base::ErrorClass::NotFound && !error.location) {
      return context_.error(path, at, missing, std::move(hint));
    }
    if (error.location)
      return context_.diagnostics.error(
          base::Error(error).while_doing(fmt::format("loading {}", to_text(path))));
    context_.error(path, at, error.message, error.hint);
  }

  void add(const std::vector<EnvEntry>& entries, const std::string& file, Tree& merged, bool inherit) {
    for (const EnvEntry& entry : entries) {
      const Variable* outer = entry.value || !inherit ? nullptr : context_.environment.find(entry.name);
      if (!entry.value && outer == nullptr) continue;
      Tree value = Tree::string(entry.value ? *entry.value : outer->value, entry.span);
      value.provenance = context_.sources.add(Provenance{.written = {},
                                                         .variables = {},
                                                         .replaced = {},
                                                         .note = "from the file " + file,
                                                         .earlier = nullptr});
      merged.set(entry.name, entry.span, std::move(value));
    }
  }

  static void lay_over(const Tree* own, Tree& merged) {
    if (own == nullptr) return;
    for (const Entry& entry : own->entries) merged.set(entry.key, entry.key_span, entry.value);
  }

  const LoadContext& context_;
  EnvFileReader reader_;
};

}  // namespace

void read_env_files(Tree& root, const LoadContext& context) {
  Tree* services = root.find("services");
  if (services == nullptr) return;
  EnvFilePass pass(context);
  const Path top;
  const Path path = top.child("services");
  for (Entry& entry : services->entries) pass.environment(entry.value, path.child(entry.key));
}

void read_label_files(Tree& root, const LoadContext& context) {
  Tree* services = root.find("services");
  if (services == nullptr) return;
  EnvFilePass pass(context);
  const Path top;
  const Path path = top.child("services");
  for (Entry& entry : services->entries) pass.labels(entry.value, path.child(entry.key));
}

}  // namespace compose::load
