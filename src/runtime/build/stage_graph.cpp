// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/stage_graph.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "base/split.h"
#include "base/suggest.h"
#include "model/image_reference.h"
#include "runtime/build/context_source.h"
#include "runtime/build/remote_source.h"

namespace runtime::build {
namespace {

std::optional<std::size_t> parse_index(std::string_view text) {
  std::size_t index = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return index;
}

/// "linux/arm64" also stands for "linux/arm64/v8".
bool same_platform(std::string_view wanted, std::string_view have) {
  const std::string lower = base::to_lower(wanted);
  return lower == have || have.substr(0, have.find('/')) == lower ||
         (have.starts_with(lower) && have.size() > lower.size() && have[lower.size()] == '/');
}

/// "docker.io/library/redis:latest" and "redis" are one name.
std::string context_name(const std::string& name) {
  const auto reference = model::ImageReference::parse(base::to_lower(name));
  if (!reference) return base::to_lower(name);
  constexpr std::string_view kLatest = ":latest";
  std::string out = reference->familiar_text();
  if (out.ends_with(kLatest)) out.resize(out.size() - kLatest.size());
  return out;
}

class GraphMaker {
 public:
  GraphMaker(const Dockerfile& dockerfile, const model::BuildSpec& spec, const std::string& platform)
      : dockerfile_(dockerfile), spec_(spec), platform_(platform) {}

  base::Result<StageGraph> make() {
    for (const auto& [name, value] : spec_.additional_contexts) graph_.contexts[context_name(name)] = value;
    graph_.global.build_args = spec_.args;
    graph_.global.args = platform_args(platform_, spec_.target.empty() ? "default" : spec_.target);
    TRY(read_stages());
    for (Stage& stage : graph_.stages) TRY(find_needs(stage));
    TRY(find_target());
    std::set<std::size_t> seen;
    visit(graph_.target, seen);
    return std::move(graph_);
  }

 private:
  base::Result<> read_stages() {
    for (const Instruction& instruction : dockerfile_.instructions) {
      if (const auto* from = std::get_if<From>(&instruction.body)) {
        TRY(start_stage(instruction, *from));
      } else if (!graph_.stages.empty()) {
        graph_.stages.back().instructions.push_back(&instruction);
      } else if (const auto* arg = std::get_if<Arg>(&instruction.body)) {
        const auto lookup = [&](std::string_view name) { return graph_.global.args.find(name); };
        TRY(declare_args(*arg, dockerfile_.directives.escape, graph_.global, lookup, graph_.global.args));
      } else {
        return base::fail(
            base::make_error(base::ErrorClass::Invalid,
                             fmt::format("{} stands before the first FROM",
                                         instruction.text.substr(0, instruction.text.find(' '))))
                .at(instruction.span)
                .with_hint("only ARG may"));
      }
    }
    if (graph_.stages.empty()) {
      return base::fail(base::make_error(base::ErrorClass::Invalid, "the Dockerfile has no FROM")
                            .with_hint("FROM scratch starts from nothing"));
    }
    for (Stage& stage : graph_.stages) {
      stage.display = stage.name;
      if (stage.name.empty() && graph_.stages.size() > 1)
        stage.display = fmt::format("stage-{}", stage.index);
    }
    return {};
  }

  base::Result<> start_stage(const Instruction& instruction, const From& from) {
    const auto lookup = [&](std::string_view name) { return graph_.global.args.find(name); };
    const char escape = dockerfile_.directives.escape;
    auto image = expand_word(from.image.text, escape, lookup);
    if (!image) return base::fail(std::move(image).error().at(from.image.span));
    if (image->empty()) {
      return base::fail(base::make_error(base::ErrorClass::Invalid,
                                         fmt::format("'{}' is empty: FROM needs an image", from.image.text))
                            .at(from.image.span)
                            .with_hint("declare it above the first FROM: ARG name=default"));
    }
    auto platform = expand_word(from.platform.text, escape, lookup);
    if (!platform) return base::fail(std::move(platform).error().at(from.platform.span));
    if (!platform->empty() && !same_platform(*platform, platform_)) {
      return base::fail(base::make_error(base::ErrorClass::Unsupported,
                                         fmt::format("platform {} cannot be built here: this machine is {}",
                                                     *platform, platform_))
                            .at(from.platform.span));
    }
    Stage stage{.index = graph_.stages.size(), .name = from.name, .from = &instruction, .image_text = *image};
    auto base = find_base(stage);
    if (!base) return base::fail(std::move(base).error().at(from.image.span));
    stage.base = std::move(*base);
    graph_.stages.push_back(std::move(stage));
    return {};
  }

  base::Result<Origin> find_base(const Stage& stage) const {
    if (stage.image_text == "scratch") return Origin{.kind = Origin::Kind::Scratch};
    // A stage's name never is a number for FROM: "FROM 0" is an image.
    if (parse_index(stage.image_text)) return Origin{.kind = Origin::Kind::Image, .name = stage.image_text};
    Origin origin = TRY(graph_.find_origin(stage.image_text, stage.index));
    if (origin.kind == Origin::Kind::Folder) {
      return base::fail(
          base::ErrorClass::Invalid,
          fmt::format("FROM {}: the context of that name holds files, it is no image", stage.image_text));
    }
    return origin;
  }

  base::Result<> add_need(Stage& stage, const std::string& name, const base::Span& span) const {
    if (name.empty() || name.find('$') != std::string::npos) return {};
    auto origin = graph_.find_origin(name, stage.index);
    if (!origin) return base::fail(std::move(origin).error().at(span));
    if (origin->kind == Origin::Kind::Stage) stage.needs.push_back(origin->stage);
    return {};
  }

  base::Result<> find_needs(Stage& stage) const {
    if (stage.base.kind == Origin::Kind::Stage) stage.needs.push_back(stage.base.stage);
    for (const Instruction* instruction : stage.instructions) {
      if (const auto* copy = std::get_if<Copy>(&instruction->body)) {
        if (copy->from.text.find('$') != std::string::npos) {
          return base::fail(base::make_error(base::ErrorClass::Invalid, "--from takes no variables")
                                .at(copy->from.span)
                                .with_hint("name it in a FROM above: FROM image:$VERSION AS name"));
        }
        TRY(add_need(stage, copy->from.text, copy->from.span));
      } else if (const auto* run = std::get_if<Run>(&instruction->body)) {
        for (const RunMountFlag& flag : run->mounts) {
          const auto mount = parse_run_mount(flag.text);
          if (mount) TRY(add_need(stage, mount->from, flag.span));
        }
      }
    }
    std::sort(stage.needs.begin(), stage.needs.end());
    stage.needs.erase(std::unique(stage.needs.begin(), stage.needs.end()), stage.needs.end());
    return {};
  }

  base::Result<> find_target() {
    graph_.target = graph_.stages.size() - 1;
    if (spec_.target.empty()) return {};
    const std::string wanted = base::to_lower(spec_.target);
    std::vector<std::string> names;
    for (const Stage& stage : graph_.stages) {
      if (stage.name == wanted) {
        graph_.target = stage.index;
        return {};
      }
      if (!stage.name.empty()) names.push_back(stage.name);
    }
    const auto index = parse_index(wanted);
    if (index && *index < graph_.stages.size()) {
      graph_.target = *index;
      return {};
    }
    const std::string nearest = base::nearest_name(wanted, names);
    const std::string all = names.empty() ? "no stage has a name" : "stages are " + base::join(names, ", ");
    base::Error error = base::make_error(
        base::ErrorClass::NotFound, fmt::format("target '{}' is no stage of the Dockerfile", spec_.target));
    error.hint = nearest.empty() ? all : fmt::format("did you mean {}?", nearest);
    return base::fail(model::at_place(std::move(error), spec_, "target"));
  }

  void visit(std::size_t index, std::set<std::size_t>& seen) {
    if (!seen.insert(index).second) return;
    for (const std::size_t need : graph_.stages[index].needs) visit(need, seen);
    graph_.needed.push_back(index);
  }

  const Dockerfile& dockerfile_;
  const model::BuildSpec& spec_;
  const std::string& platform_;
  StageGraph graph_;
};

base::Result<Origin> context_origin(const std::string& name, const std::string& value) {
  constexpr std::string_view kImage = "docker-image://";
  if (value.starts_with(kImage))
    return Origin{.kind = Origin::Kind::Image, .name = value.substr(kImage.size())};
  if (value.starts_with(kLayoutContext)) return Origin{.kind = Origin::Kind::Image, .name = value};
  if (source_kind(value) != SourceKind::Path) return Origin{.kind = Origin::Kind::Folder, .name = value};
  if (value.find("://") != std::string::npos) {
    return base::fail(
        base::make_error(base::ErrorClass::Unsupported,
                         fmt::format("context '{}': {} cannot be read", name, value))
            .with_hint(
                "a named context is a folder, a URL, docker-image://REFERENCE or oci-layout://FOLDER"));
  }
  return Origin{.kind = Origin::Kind::Folder, .name = value};
}

}  // namespace

base::Result<Origin> StageGraph::find_origin(const std::string& name, std::size_t stage) const {
  const std::string lower = base::to_lower(name);
  const auto context = contexts.find(context_name(name));
  if (context != contexts.end()) return context_origin(name, context->second);
  for (std::size_t i = std::min(stage, stages.size()); i-- > 0;) {
    if (stages[i].name == lower) return Origin{.kind = Origin::Kind::Stage, .stage = i};
  }
  if (const auto index = parse_index(name)) {
    if (*index < stage) return Origin{.kind = Origin::Kind::Stage, .stage = *index};
    return base::fail(base::ErrorClass::Invalid, fmt::format("'{}' is no earlier stage", name));
  }
  for (const Stage& later : stages) {
    if (later.name != lower) continue;
    return base::fail(base::make_error(base::ErrorClass::Invalid, fmt::format("stage '{}' comes later", name))
                          .with_hint("a stage can only read earlier ones"));
  }
  if (auto reference = model::ImageReference::parse(name); !reference)
    return base::fail(std::move(reference).error());
  return Origin{.kind = Origin::Kind::Image, .name = name};
}

base::Result<StageGraph> make_stage_graph(const Dockerfile& dockerfile, const model::BuildSpec& spec,
                                          const std::string& platform) {
  for (const std::string& wanted : spec.platforms) {
    if (same_platform(wanted, platform)) continue;
    return base::fail(base::ErrorClass::Unsupported,
                      fmt::format("platform {} cannot be built here: this machine is {}", wanted, platform));
  }
  return GraphMaker(dockerfile, spec, platform).make();
}

}  // namespace runtime::build
