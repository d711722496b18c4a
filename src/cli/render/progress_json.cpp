// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/render/progress_plain.h"

namespace cli {
namespace {

using compose::execute::StepPhase;

void print(const nlohmann::ordered_json& object) {
  // Bytes that are no UTF-8 (a build's output) must not end the program.
  fmt::print(stderr, "{}\n", object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

/// Output has none.
const char* status_of(engine_client::ImageEvent::Kind kind) {
  using Kind = engine_client::ImageEvent::Kind;
  switch (kind) {
    case Kind::Started:
    case Kind::Layer: return "Working";
    case Kind::Cached: return "Cached";
    case Kind::Done:
    case Kind::LayerDone: return "Done";
    case Kind::Failed: return "Error";
    case Kind::Output: return nullptr;
  }
  return nullptr;
}

}  // namespace

void JsonProgress::on_step(const compose::execute::StepEvent& event) {
  const StepWords words = words_of(event.step);
  if (finished_ || words.doing.empty() || event.phase == StepPhase::Skipped) return;
  nlohmann::ordered_json object{{"id", event.step.group}};
  switch (event.phase) {
    case StepPhase::Started:
      object["status"] = "Working";
      object["text"] = words.doing;
      break;
    case StepPhase::Done:
      object["status"] = "Done";
      object["text"] = words.done;
      break;
    case StepPhase::Failed:
      object["status"] = "Error";
      object["text"] = event.error->message;
      break;
    case StepPhase::Skipped: break;
  }
  object["cause"] = event.step.cause;
  print(object);
}

void JsonProgress::on_image(const compose::plan::Step& step, const engine_client::ImageEvent& event) {
  if (finished_) return;
  nlohmann::ordered_json object{{"id", event.id}, {"parent_id", step.group}};
  if (const char* status = status_of(event.kind)) object["status"] = status;
  object["text"] = event.text;
  if (event.elapsed.count() > 0) object["seconds"] = std::chrono::duration<double>(event.elapsed).count();
  if (event.total > 0) {
    object["current"] = event.current;
    object["total"] = event.total;
    object["percent"] = event.current * 100 / event.total;
  }
  print(object);
}

void JsonProgress::on_unchanged(const std::string& container) {
  if (!finished_) print({{"id", "Container " + container}, {"status", "Done"}, {"text", "Running"}});
}

void JsonProgress::print_above(std::string_view text) {
  print({{"level", "warning"}, {"message", text.substr(0, text.find_last_not_of('\n') + 1)}});
}

}  // namespace cli
