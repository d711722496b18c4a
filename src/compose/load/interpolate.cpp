// SPDX-License-Identifier: Apache-2.0
#include "compose/load/interpolate.h"

#include <fmt/format.h>

#include "base/split.h"
#include "compose/load/scalar.h"
#include "compose/load/substitute.h"

namespace compose::load {
namespace {

enum class Cast { Integer, Float, Boolean };
using Casts = PathRules<Cast>;

const Casts& casts() {
  static const Casts rules{
      {"services.*.cpu_count", Cast::Integer},
      {"services.*.cpu_percent", Cast::Float},
      {"services.*.cpu_period", Cast::Integer},
      {"services.*.cpu_quota", Cast::Integer},
      {"services.*.cpu_rt_period", Cast::Integer},
      {"services.*.cpu_rt_runtime", Cast::Integer},
      {"services.*.cpu_shares", Cast::Integer},
      {"services.*.cpus", Cast::Float},
      {"services.*.depends_on.*.required", Cast::Boolean},
      {"services.*.depends_on.*.restart", Cast::Boolean},
      {"services.*.deploy.placement.max_replicas_per_node", Cast::Integer},
      {"services.*.deploy.replicas", Cast::Integer},
      {"services.*.deploy.restart_policy.max_attempts", Cast::Integer},
      {"services.*.deploy.rollback_config.max_failure_ratio", Cast::Float},
      {"services.*.deploy.rollback_config.parallelism", Cast::Integer},
      {"services.*.deploy.update_config.max_failure_ratio", Cast::Float},
      {"services.*.deploy.update_config.parallelism", Cast::Integer},
      {"services.*.healthcheck.disable", Cast::Boolean},
      {"services.*.healthcheck.retries", Cast::Integer},
      {"services.*.init", Cast::Boolean},
      {"services.*.oom_kill_disable", Cast::Boolean},
      {"services.*.oom_score_adj", Cast::Integer},
      {"services.*.pids_limit", Cast::Integer},
      {"services.*.ports.*.target", Cast::Integer},
      {"services.*.privileged", Cast::Boolean},
      {"services.*.read_only", Cast::Boolean},
      {"services.*.scale", Cast::Integer},
      {"services.*.stdin_open", Cast::Boolean},
      {"services.*.tty", Cast::Boolean},
      {"services.*.ulimits.*", Cast::Integer},
      {"services.*.ulimits.*.hard", Cast::Integer},
      {"services.*.ulimits.*.soft", Cast::Integer},
      {"services.*.volumes.*.read_only", Cast::Boolean},
      {"services.*.volumes.*.volume.nocopy", Cast::Boolean},
      {"networks.*.attachable", Cast::Boolean},
      {"networks.*.enable_ipv4", Cast::Boolean},
      {"networks.*.enable_ipv6", Cast::Boolean},
      {"networks.*.external", Cast::Boolean},
      {"networks.*.internal", Cast::Boolean},
      {"volumes.*.external", Cast::Boolean},
      {"secrets.*.external", Cast::Boolean},
      {"configs.*.external", Cast::Boolean},
  };
  return rules;
}

class Interpolator {
 public:
  explicit Interpolator(const LoadContext& context) : context_(context), lookup_(context.lookup()) {}

  void visit(Tree& node, const Path& path, const Casts::Node* rule) {
    if (node.is_string()) {
      if (node.text.find('$') != std::string::npos && !expand(node, path)) return;
      if (rule != nullptr && rule->rule) cast(node, path, *rule->rule);
      return;
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      visit(node.items[i], path.item(i), rule == nullptr ? nullptr : rule->step_item());
    }
    for (Entry& entry : node.entries) {
      visit(entry.value, path.child(entry.key), rule == nullptr ? nullptr : rule->step(entry.key));
    }
  }

 private:
  bool expand(Tree& node, const Path& path) {
    auto result = substitute(node.text, lookup_);
    if (!result) {
      base::Error error = std::move(result.error());
      error.message = fmt::format("{}: {}", to_text(path), error.message);
      context_.diagnostics.error(context_.located(std::move(error), node.span));
      return false;
    }
    for (const std::string& name : result->unset) {
      if (!context_.warned_variables.insert(name).second) continue;
      context_.warning(node.span,
                       fmt::format("The \"{}\" variable is not set. Defaulting to a blank string.", name));
    }
    if (!result->uses.empty()) {
      node.provenance = context_.sources.add(Provenance{.written = node.text,
                                                        .variables = std::move(result->uses),
                                                        .replaced = {},
                                                        .note = {},
                                                        .earlier = node.provenance});
    }
    node.text = std::move(result->text);
    return true;
  }

  void cast(Tree& node, const Path& path, Cast to) {
    if (to == Cast::Boolean) return cast_boolean(node, path);
    const auto integer = to == Cast::Integer ? parse_integer(node.text) : std::nullopt;
    const auto number = to == Cast::Float ? parse_float(node.text) : std::nullopt;
    if (!integer && !number) {
      return context_.error(
          path, node,
          fmt::format("\"{}\" is not {}", node.text, to == Cast::Integer ? "an integer" : "a number"));
    }
    Tree value = integer ? Tree::integer(*integer, node.span) : Tree::floating(*number, node.span);
    value.provenance = node.provenance;
    node = std::move(value);
  }

  void cast_boolean(Tree& node, const Path& path) {
    const std::optional<bool> value = parse_boolean(node.text);
    if (!value) {
      return context_.error(path, node, fmt::format("\"{}\" is not a boolean", node.text),
                            "write true or false");
    }
    const std::string text = base::to_lower(node.text);
    if (text != "true" && text != "false") {
      context_.warning(path, node.span, fmt::format("\"{}\" is read as {}", node.text, *value),
                       fmt::format("write {}", *value));
    }
    Tree typed = Tree::boolean(*value, node.span);
    typed.provenance = node.provenance;
    node = std::move(typed);
  }

  const LoadContext& context_;
  VariableLookup lookup_;
};

}  // namespace

void interpolate(Tree& root, const LoadContext& context) {
  Interpolator(context).visit(root, Path{}, casts().root());
}

}  // namespace compose::load
