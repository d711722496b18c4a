// SPDX-License-Identifier: Apache-2.0
#include "compose/load/load_context.h"

#include <fmt/format.h>

#include "compose/load/file_path.h"

namespace compose::load {
namespace {

std::string with_path(const Path& path, std::string_view message) {
  const std::string text = to_text(path);
  return text.empty() ? std::string(message) : fmt::format("{}: {}", text, message);
}

}  // namespace

void LoadContext::error(const Path& path, const base::Span& span, std::string_view message,
                        std::string hint) const {
  error(span, with_path(path, message), std::move(hint));
}

void LoadContext::error(const Path& path, const Tree& value, std::string_view message,
                        std::string hint) const {
  base::Error error = located(
      base::make_error(base::ErrorClass::Invalid, with_path(path, message)).with_hint(std::move(hint)),
      value.span);
  for (const Provenance* step = value.provenance; step != nullptr; step = step->earlier) {
    for (const VariableUse& use : step->variables) {
      if (use.outcome == VariableUse::Outcome::Value)
        static_cast<void>(
            std::move(error).while_doing(fmt::format("putting in {} from {}", use.name, use.origin)));
    }
    if (step->replaced.source == nullptr) continue;
    static_cast<void>(std::move(error).while_doing(
        fmt::format("merging it over {}:{}", step->replaced.source->name, step->replaced.line)));
  }
  diagnostics.error(std::move(error));
}

void LoadContext::warning(const Path& path, const base::Span& span, std::string_view message,
                          std::string hint) const {
  warning(span, with_path(path, message), std::move(hint));
}

void LoadContext::error(const base::Span& span, std::string message, std::string hint) const {
  diagnostics.error(located(
      base::make_error(base::ErrorClass::Invalid, std::move(message)).with_hint(std::move(hint)), span));
}

void LoadContext::warning(const base::Span& span, std::string message, std::string hint) const {
  diagnostics.warning(located(
      base::make_error(base::ErrorClass::Invalid, std::move(message)).with_hint(std::move(hint)), span));
}

base::Error LoadContext::located(base::Error error, const base::Span& span) const {
  const base::Source* source = span.source;
  static_cast<void>(std::move(error).at(span));
  for (std::string& line : sources.chain(source))
    static_cast<void>(std::move(error).while_doing(std::move(line)));
  return error;
}

VariableLookup LoadContext::lookup() const {
  return [this](std::string_view name) { return environment.find(name); };
}

base::Result<const base::Source*> LoadContext::read(const std::string& path, std::string how,
                                                    const base::Span& at) const {
  std::string text = TRY(files.read(path));
  // a byte order mark is no part of the text
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  std::string name = path == "-" ? "<stdin>" : files.remote_name(path);
  if (name.empty()) name = display_path(options.working_directory, path);
  return sources.add(name, std::move(text), std::move(how), at);
}

}  // namespace compose::load
