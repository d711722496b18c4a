// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "compose/load/load.h"

namespace compose::config {

/// The canonical model as YAML that loads to itself again. `escape_dollars`: write `$` as `$$`
/// (docker compose does, unless interpolation was off).
enum class Dollars { Escape, Keep };
std::string to_yaml(const load::Tree& tree, Dollars dollars);
/// The same as JSON, indented by two blanks.
std::string to_json(const load::Tree& tree, Dollars dollars);

/// What `config --services`, `--volumes`, ... print: one name each.
enum class Selector { Services, Volumes, Networks, Models, Profiles, Images };
/// Sorted names; Images in the order of services, those that are built with `separator` in their name. Needs
/// LoadOptions::keep_tree.
std::vector<std::string> select(const load::Loaded& loaded, Selector selector, char separator);

/// `config --hash`: service name and config hash, sorted. NotFound for an unknown service.
/// `services` empty or {"*"}: all.
base::Result<std::vector<std::pair<std::string, std::string>>> service_hashes(
    const load::Loaded& loaded, const std::vector<std::string>& services);

/// `config --environment`: "K=V" lines, sorted.
std::vector<std::string> environment_lines(const load::Loaded& loaded);

/// One variable a Compose file asks for. compose-spec: interpolation
struct Variable {
  std::string name;
  bool required = false;
  std::string default_value;
  std::string alternate_value;  ///< Of ${NAME:+value}.
};
/// `config --variables`: what the files refer to, sorted by name, without evaluating them.
base::Result<std::vector<Variable>> list_variables(const load::LoadOptions& options,
                                                   const load::FileSource& files);
enum class VariableFormat { Table, Json, Yaml };
std::string to_text(const std::vector<Variable>& variables, VariableFormat format);

/// `config --explain PATH` ("services.web.ports.0" or "services.web.ports[0]"): the value and where it
/// came from, as text for people. NotFound, with the nearest name, when there is no such path.
/// Needs LoadOptions::keep_tree.
base::Result<std::string> explain(const load::Loaded& loaded, std::string_view path);

/// One rule of `config --lint`. docs/lint.md describes each.
struct LintRule {
  std::string_view id;  ///< "unquoted-port"
  std::string_view summary;
};
const std::vector<LintRule>& lint_rules();

/// `config --lint`: what is legal and probably wrong, in file order; message ends in " [rule-id]".
/// `disabled`: ids to leave out; Invalid when one is unknown. Needs LoadOptions::keep_tree.
base::Result<std::vector<base::Error>> lint(const load::Loaded& loaded, const load::FileSource& files,
                                            const std::set<std::string>& disabled);

/// `config --lock-image-digests`: an override file with the images alone. `--resolve-image-digests`:
/// the same pins laid into `tree`. `pins`: image as written -> reference with digest.
load::Tree image_lock(const load::Tree& tree, const std::map<std::string, std::string>& pins);
void pin_images(load::Tree& tree, const std::map<std::string, std::string>& pins);

/// An error and its `also` as JSON for editors: a list of {file, line, column, length, class,
/// message, context, hint}.
std::string errors_to_json(const base::Error& error, std::string_view severity);

}  // namespace compose::config
