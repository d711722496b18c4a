// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "compose/load/load_context.h"
#include "compose/load/tags.h"

namespace compose::load {

/// A file on its way into a model, with who asked for it.
struct FileRequest {
  std::string path;
  std::string how;  ///< "included", "extended"; empty for the files of the command.
  base::Span at;
};

/// How far files are taken: a whole part of the model, or the raw base of an `extends`.
enum class Depth { Model, ExtendsBase };

/// One file as read: a tree a document, before interpolation.
struct ParsedFile {
  std::string path;
  base::Span start;
  std::vector<Tree> documents;
};

/// Reads a file. Errors: no such file, syntax, a top level that is no mapping.
base::Result<ParsedFile> parse_file(const FileRequest& request, const LoadContext& context);

/// Reads files in order into one model: merge_files, then defaults, value checks, paths and
/// environment for the whole. `including`: paths of the files that include these, for cycles.
base::Result<Tree> load_model(std::vector<ParsedFile> files, const LoadContext& context,
                              const std::vector<std::string>& including);

/// Per document: tags, interpolate, include, extends, merge, unique, schema, canonical. With
/// Depth::ExtendsBase includes, extends and the schema are left out.
base::Result<Tree> merge_files(std::vector<ParsedFile> files, const LoadContext& context,
                               const std::vector<std::string>& including, Depth depth);

/// compose-spec: include. Imports what `root` includes and removes the key. What `root` says itself
/// is laid over what is imported, after `tagged` is removed from that.
base::Result<> apply_include(Tree& root, const std::vector<TaggedPath>& tagged, const LoadContext& context,
                             const std::vector<std::string>& including);

/// compose-spec: extends. Replaces each service that extends another by the merged one. `file` is
/// where `root` was read from.
base::Result<> apply_extends(Tree& root, const std::vector<TaggedPath>& tagged, const std::string& file,
                             const LoadContext& context);

/// The path of an included or extended file: local below `folder`, or fetched when it is remote.
base::Result<std::string> locate_file(const std::string& reference, std::string_view folder,
                                      const base::Span& at, const LoadContext& context);

}  // namespace compose::load
