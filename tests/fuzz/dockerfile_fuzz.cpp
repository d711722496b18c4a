// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "runtime/build/dockerfile_parser.h"
#include "runtime/build/expand.h"
#include "runtime/build/stage_graph.h"

/// Any bytes are parsed without a fault; every position lies in the text; stages only need earlier ones.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace runtime::build;
  const base::Source source{.name = "Dockerfile",
                            .text = std::string(reinterpret_cast<const char*>(data), size)};
  base::Diagnostics diagnostics;
  const Dockerfile dockerfile = parse_dockerfile(source, diagnostics);
  for (const Instruction& instruction : dockerfile.instructions) {
    const std::string_view line = source.line(instruction.span.line);
    if (instruction.span.column == 0 || instruction.span.column > line.size() + 1) std::abort();
    if (instruction.last_line < instruction.first_line) std::abort();
  }
  const auto lookup = [](std::string_view name) { return std::optional<std::string>(name); };
  static_cast<void>(expand_words(source.text, '\\', lookup));
  static_cast<void>(expand_text(source.text, '`', lookup));
  if (diagnostics.has_errors()) return 0;
  const auto graph = make_stage_graph(dockerfile, {}, "linux/amd64");
  if (!graph) return 0;
  for (const Stage& stage : graph->stages) {
    for (const std::size_t need : stage.needs) {
      if (need >= stage.index) std::abort();
    }
  }
  return 0;
}
