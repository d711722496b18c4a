// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "compose/load/environment.h"
#include "compose/load/load.h"
#include "compose/load/source_set.h"
#include "compose/load/substitute.h"
#include "compose/load/tree_path.h"

namespace compose::load {

/// What every pass may use. An included project gets a copy with its own folder and environment;
/// the sources and diagnostics stay the same.
struct LoadContext {
  const LoadOptions& options;
  const FileSource& files;
  SourceSet& sources;
  base::Diagnostics& diagnostics;
  std::set<std::string>& warned_variables;  ///< Unset variables that were warned about.
  std::vector<Tree>* kept_files = nullptr;  ///< Receives each document as read, when asked for.
  Environment environment;
  std::string project_directory;  ///< Absolute.
  bool is_included = false;       ///< Of an included project, whose paths are always resolved.

  /// Records a problem of the attribute at `path`: "services.web.ports[0]: <message>".
  void error(const Path& path, const base::Span& span, std::string_view message, std::string hint = {}) const;
  void warning(const Path& path, const base::Span& span, std::string_view message,
               std::string hint = {}) const;
  /// The same of a whole value, with how it came about: the variables in it, what it was merged over.
  void error(const Path& path, const Tree& value, std::string_view message, std::string hint = {}) const;
  /// As error, without a path in front.
  void error(const base::Span& span, std::string message, std::string hint = {}) const;
  void warning(const base::Span& span, std::string message, std::string hint = {}) const;
  /// `error` with its place's chain of files ("while loading base.yaml, extended at compose.yaml:3").
  base::Error located(base::Error error, const base::Span& span) const;

  VariableLookup lookup() const;
  /// Shows the tree to whoever watches the passes.
  void done(std::string_view pass, const Tree& tree) const {
    if (options.after_pass) options.after_pass(pass, tree);
  }
  /// Reads a file into the source set. Named as people want to read it.
  base::Result<const base::Source*> read(const std::string& path, std::string how,
                                         const base::Span& at) const;
};

}  // namespace compose::load
