// SPDX-License-Identifier: Apache-2.0
#include "cli/render/layer_log.h"

#include <fmt/format.h>

#include "base/byte_size.h"

namespace cli {
namespace {

using engine_client::ImageEvent;

bool is_of_layer(const ImageEvent& event) {
  return event.kind == ImageEvent::Kind::Layer || event.kind == ImageEvent::Kind::LayerDone;
}

}  // namespace

std::string LayerLog::text_of(const std::string& name, const ImageEvent& event) {
  if (!is_of_layer(event) || event.text == "Waiting") return "";
  std::string& state = states_[{name, event.id}];
  if (state == event.text) return "";
  state = event.text;
  return fmt::format(" {} {}\n", event.id, event.text);
}

void LayerSum::note(const ImageEvent& event) {
  if (!is_of_layer(event)) return;
  const bool done = event.kind == ImageEvent::Kind::LayerDone;
  layers_[event.id] = {done ? event.total : event.current, event.total, done};
}

std::string LayerSum::text() const {
  std::int64_t current = 0, total = 0;
  std::size_t done = 0;
  for (const auto& [id, layer] : layers_) {
    current += layer.current;
    total += layer.total;
    done += layer.done ? 1 : 0;
  }
  if (done == layers_.size()) return "";
  return fmt::format("{}/{} layers  {} / {}", done, layers_.size(), base::to_human_text({current}),
                     base::to_human_text({total}));
}

}  // namespace cli
