// SPDX-License-Identifier: Apache-2.0
#include "compose/load/model_loader.h"

#include <fmt/format.h>

#include "compose/load/canonical.h"
#include "compose/load/interpolate.h"
#include "compose/load/merge.h"
#include "compose/load/passes.h"
#include "compose/load/schema.h"
#include "compose/load/yaml_reader.h"

namespace compose::load {
namespace {

/// `version` means nothing any more. compose-spec: version
void drop_version(Tree& root, const LoadContext& context) {
  const Entry* version = root.find_entry("version");
  if (version == nullptr) return;
  context.warning(version->key_span, "the attribute `version` is obsolete and ignored", "remove it");
  root.erase("version");
}

base::Result<> merge_document(Tree& model, Tree document, const std::string& file, const LoadContext& context,
                              const std::vector<std::string>& including, Depth depth) {
  context.done("read", document);
  const std::vector<TaggedPath> tagged = take_tags(document);
  context.done("tags", document);
  if (!context.options.no_interpolate) interpolate(document, context);
  TRY(context.diagnostics.checkpoint());
  context.done("interpolate", document);
  if (depth == Depth::Model) TRY(apply_include(document, tagged, context, including));
  context.done("include", document);
  remove_tagged(tagged, model);
  if (depth == Depth::Model) TRY(apply_extends(document, tagged, file, context));
  context.done("extends", document);
  if (model.is_null())
    model = std::move(document);
  else
    merge(model, std::move(document), Path{}, context);
  TRY(context.diagnostics.checkpoint());
  context.done("merge", model);
  make_unique(model);
  context.done("unique", model);
  if (depth == Depth::Model) {
    validate_schema(model, context);
    drop_version(model, context);
    TRY(context.diagnostics.checkpoint());
    context.done("schema", model);
  }
  make_canonical(model, context);
  TRY(context.diagnostics.checkpoint());
  make_unique(model);  // ranges of ports are spread out now and may collide
  context.done("canonical", model);
  return {};
}

}  // namespace

base::Result<ParsedFile> parse_file(const FileRequest& request, const LoadContext& context) {
  auto source = context.read(request.path, request.how, request.at);
  if (!source) {
    base::Error error = std::move(source.error());
    return base::fail(request.at.source == nullptr ? std::move(error)
                                                   : context.located(std::move(error), request.at));
  }
  ParsedFile file{.path = request.path, .start = {*source, 1, 1, 1}, .documents = {}};
  auto documents = read_yaml(**source);
  if (!documents) {
    base::Error error = std::move(documents.error());
    for (std::string& line : context.sources.chain(*source))
      static_cast<void>(std::move(error).while_doing(std::move(line)));
    return base::fail(std::move(error));
  }
  file.documents = *std::move(documents);
  for (const Tree& document : file.documents) {
    if (document.is_mapping()) continue;
    context.error(document.span,
                  fmt::format("the top level must be a mapping, not {}", to_text(document.kind)),
                  "begin with `services:`");
  }
  if (context.kept_files != nullptr) {
    for (const Tree& document : file.documents) context.kept_files->push_back(document);
  }
  TRY(context.diagnostics.checkpoint());
  return file;
}

base::Result<Tree> merge_files(std::vector<ParsedFile> files, const LoadContext& context,
                               const std::vector<std::string>& including, Depth depth) {
  Tree model;
  for (ParsedFile& file : files) {
    for (Tree& document : file.documents) {
      TRY(merge_document(model, std::move(document), file.path, context, including, depth));
    }
  }
  if (!model.is_mapping() || model.entries.empty()) {
    base::Error error =
        base::make_error(base::ErrorClass::Invalid, "empty compose file").with_hint("define a service");
    return base::fail(files.empty() ? std::move(error) : std::move(error).at(files[0].start));
  }
  return model;
}

base::Result<Tree> load_model(std::vector<ParsedFile> files, const LoadContext& context,
                              const std::vector<std::string>& including) {
  Tree model = TRY(merge_files(std::move(files), context, including, Depth::Model));
  set_defaults(model);
  context.done("defaults", model);
  check_values(model, context);
  TRY(context.diagnostics.checkpoint());
  context.done("checks", model);
  if (!context.options.no_path_resolution || context.is_included) resolve_paths(model, context);
  context.done("paths", model);
  if (!context.options.no_interpolate) resolve_environment(model, context);
  context.done("environment", model);
  return model;
}

}  // namespace compose::load
