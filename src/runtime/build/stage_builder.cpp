// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/stage_builder.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/split.h"
#include "runtime/build/dockerfile_excerpt.h"
#include "runtime/build/step_lock.h"
#include "runtime/image/config_limits.h"
#include "sys/file.h"
#include "sys/limit_times.h"

namespace runtime::build {
namespace {

constexpr std::string_view kDefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

bool makes_layer(const Instruction& instruction) {
  return std::holds_alternative<Run>(instruction.body) || std::holds_alternative<Copy>(instruction.body) ||
         std::holds_alternative<Workdir>(instruction.body);
}

base::Duration since(std::int64_t start_ns) { return base::Duration(base::now_ns() - start_ns); }

}  // namespace

base::Result<StageState> StageBuilder::build() {
  TRY(start_from_base());
  std::vector<const Instruction*> triggers;
  for (const Instruction& trigger : triggers_) triggers.push_back(&trigger);
  TRY(run_instructions(triggers));
  TRY(run_instructions(stage_.instructions));
  return std::move(state_);
}

base::Result<> StageBuilder::run_instructions(const std::vector<const Instruction*>& instructions) {
  for (const Instruction* instruction : instructions) {
    if (job_.cancellation.requested())
      return base::fail(base::ErrorClass::Cancelled, "the build was cancelled");
    current_ = instruction;
    if (makes_layer(*instruction)) ++step_number_;
    auto done = std::visit(*this, instruction->body);
    if (done) done = image::check_limits(state_.config);
    if (done) continue;
    base::Error error = std::move(done).error();
    if (!error.location) static_cast<void>(std::move(error).at(instruction->span));
    return base::fail(std::move(error));
  }
  return {};
}

base::Result<> StageBuilder::start_from_base() {
  current_ = stage_.from;
  switch (stage_.base.kind) {
    case Origin::Kind::Stage: {
      state_ = TRY(job_.wait_for_stage(stage_.base.stage));
      state_.command_set = false;
      TRY(read_triggers());
      break;
    }
    case Origin::Kind::Image: TRY(start_from_image(stage_.base.name)); break;
    case Origin::Kind::Scratch:
    case Origin::Kind::Folder: {
      state_.key = make_key({"scratch", job_.platform, job_.epoch_text()});
      state_.config.environment = {std::string(kDefaultPath)};
      state_.config.working_dir = "/";
      break;
    }
  }
  const std::vector<std::string> parts = base::split(job_.platform, '/');
  if (state_.config.os.empty()) state_.config.os = parts[0];
  if (state_.config.architecture.empty() && parts.size() > 1) state_.config.architecture = parts[1];
  count_steps();
  return {};
}

base::Result<> StageBuilder::start_from_image(const std::string& reference) {
  const std::int64_t start = base::now_ns();
  const auto image = job_.find_image(reference, std::get<From>(stage_.from->body).image.span);
  count_steps();
  const BuildEvent::Kind kind = image ? BuildEvent::Kind::Cached : BuildEvent::Kind::Started;
  const std::string id = job_.next_step_id();
  const std::string text = step_text(fmt::format("FROM {}", reference));
  job_.emit({.kind = kind, .id = id, .text = text});
  if (!image) {
    report_failure(id, image.error(), since(start));
    return base::fail(image.error());
  }
  state_.config = image->config;
  state_.layers = image->layers;
  state_.key = make_key({"image", TRY(job_.image_key(*image)), job_.epoch_text()});
  state_.clock = image->config.created;
  if (!find_env(state_.config.environment, "PATH")) state_.config.environment.emplace_back(kDefaultPath);
  for (const std::string& layer : state_.layers) {
    if (!TRY(job_.hold_layer(layer))) {
      return base::fail(base::ErrorClass::NotFound,
                        fmt::format("a layer of {} is not in the store any more", reference));
    }
  }
  return read_triggers();
}

base::Result<> StageBuilder::read_triggers() {
  for (const std::string& text : state_.config.on_build) {
    trigger_sources_.push_back({.name = fmt::format("ONBUILD of {}", stage_.image_text), .text = text});
    triggers_.push_back(TRY_WHILE(parse_trigger(trigger_sources_.back()),
                                  fmt::format("reading the triggers of {}", stage_.image_text)));
  }
  state_.config.on_build.clear();
  return {};
}

void StageBuilder::count_steps() {
  step_total_ = 1;
  for (const Instruction& trigger : triggers_) step_total_ += makes_layer(trigger) ? 1 : 0;
  for (const Instruction* instruction : stage_.instructions) step_total_ += makes_layer(*instruction) ? 1 : 0;
}

std::optional<std::string> StageBuilder::find_variable(std::string_view name) const {
  if (auto value = state_.args.find(name)) return value;
  return find_env(state_.config.environment, name);
}

base::Result<std::string> StageBuilder::expand(const Word& word) const {
  auto value = expand_word(word.text, job_.escape(), lookup());
  if (!value) return base::fail(std::move(value).error().at(word.span));
  return std::move(*value);
}

base::Result<std::vector<std::string>> StageBuilder::expand_all(const std::vector<Word>& words) const {
  std::vector<std::string> out;
  for (const Word& word : words) out.push_back(TRY(expand(word)));
  return out;
}

const std::vector<std::string>& StageBuilder::shell() const {
  static const std::vector<std::string> kDefault = {"/bin/sh", "-c"};
  return state_.config.shell.empty() ? kDefault : state_.config.shell;
}

std::vector<std::string> StageBuilder::with_shell(const Command& command) const {
  if (command.form == CommandForm::Exec) return command.words;
  std::vector<std::string> words = shell();
  words.insert(words.end(), command.words.begin(), command.words.end());
  return words;
}

std::string StageBuilder::in_working_dir(const std::string& path) const {
  if (path.starts_with('/')) return path;
  const std::string& folder = state_.config.working_dir;
  return fmt::format("{}/{}", folder.empty() || folder == "/" ? "" : folder, path);
}

bool StageBuilder::cache_enabled() const {
  const model::BuildSpec& spec = job_.spec;
  if (spec.no_cache) return false;
  return std::none_of(spec.no_cache_filter.begin(), spec.no_cache_filter.end(), [&](const std::string& name) {
    return base::to_lower(name) == stage_.name || name == std::to_string(stage_.index);
  });
}

std::string StageBuilder::step_text(const std::string& text) const {
  const std::string place = stage_.display.empty() ? "" : stage_.display + " ";
  return fmt::format("[{}{}/{}] {}", place, step_number_, step_total_, text);
}

base::Result<> StageBuilder::run_layer_step(LayerStep& step) {
  if (cache_enabled() && TRY(take_from_cache(step))) return {};
  TRY(job_.hold_layers());
  // One build at a time makes this layer; who waited finds it in the cache.
  const StepLock lock = TRY(StepLock::take(job_.data_root, step.key, job_.cancellation));
  if (cache_enabled() && TRY(take_from_cache(step))) return {};
  return make_layer(step);
}

base::Result<std::optional<CachedLayer>> StageBuilder::find_cached(const LayerStep& step) {
  const std::string below = layers_key(state_.layers);
  const auto find_here = [&](const std::string& key) -> base::Result<std::optional<CachedLayer>> {
    auto cached = TRY(job_.cache.find(key, below));
    if (!cached || !TRY(job_.hold_layer(cached->layer))) return std::optional<CachedLayer>();
    job_.note_use(key);
    return cached;
  };
  auto cached = TRY(find_here(step.key));
  if (cached || job_.imports.empty()) return cached;
  cached = TRY(find_here(job_.imports.scoped(step.key)));
  if (!cached) cached = job_.imports.find(step.key, step.description);
  if (cached) state_.imported = true;
  return cached;
}

base::Result<> StageBuilder::need_layers() {
  auto layers = TRY(job_.imports.fetch(state_.layers));
  lost_layers_ = !layers;
  if (lost_layers_) return base::fail(base::ErrorClass::Cancelled, "a cache does not have its layers");
  state_.layers = *std::move(layers);
  return {};
}

base::Result<bool> StageBuilder::take_from_cache(const LayerStep& step) {
  const auto cached = TRY(find_cached(step));
  if (!cached) return false;
  job_.emit(
      {.kind = BuildEvent::Kind::Cached, .id = job_.next_step_id(), .text = step_text(step.description)});
  job_.exports.note_step(step.key, *cached);
  add_layer(cached->layer, cached->created_ns);
  if (step.committed) TRY(step.committed(cached->layer));
  return true;
}

base::Result<> StageBuilder::make_layer(LayerStep& step) {
  TRY(need_layers());
  const std::string id = job_.next_step_id();
  const std::int64_t start = base::now_ns();
  job_.emit({.kind = BuildEvent::Kind::Started, .id = id, .text = step_text(step.description)});
  const auto made = [&]() -> base::Result<> {
    const snapshot::PreparedRoot root =
        TRY(job_.snapshots.prepare_root(state_.layers, snapshot::Lifetime::Process));
    const auto produced = [&]() -> base::Result<LayerContent> {
      LayerContent content = TRY(step.produce(root, id));
      TRY(limit_times(root.layer.fs));
      return content;
    }();
    if (!produced) {
      static_cast<void>(job_.snapshots.remove(root.layer.id));
      return base::fail(produced.error());
    }
    TRY(job_.snapshots.commit(root.layer.id, produced->base));
    if (!TRY(job_.hold_layer(root.layer.id))) {
      return base::fail(base::ErrorClass::Conflict, "the layer just made was removed by somebody else");
    }
    const std::int64_t created =
        job_.source_date_epoch ? *job_.source_date_epoch * 1'000'000'000 : base::now_ns();
    if (produced->exact) {
      TRY(record_step(step,
                      {.layer = root.layer.id, .created_ns = created, .below = layers_key(state_.layers)}));
    } else {
      // What is made of it is found by nobody who made something else of the same key.
      step.key = make_key({step.key, root.layer.id});
    }
    add_layer(root.layer.id, created);
    if (produced->exact && step.committed) TRY(step.committed(root.layer.id));
    return {};
  }();
  if (!made) {
    report_failure(id, made.error(), since(start));
    return made;
  }
  job_.emit({.kind = BuildEvent::Kind::Done, .id = id, .text = {}, .elapsed = since(start)});
  return {};
}

base::Result<> StageBuilder::record_step(const LayerStep& step, const CachedLayer& layer) {
  job_.exports.note_step(step.key, layer);
  return job_.cache.record(local_key(step.key), layer, step.description);
}

void StageBuilder::report_failure(const std::string& step_id, const base::Error& error,
                                  base::Duration elapsed) {
  std::string text = error.message + "\n";
  if (error.error_class == base::ErrorClass::Cancelled) {
    job_.emit({.kind = BuildEvent::Kind::Failed, .id = step_id, .text = std::move(text), .elapsed = elapsed});
    return;
  }
  const bool trigger = current_->span.source != &job_.source;
  text +=
      fmt::format("{}:{}\n", trigger ? current_->span.source->name : job_.source.name, current_->first_line);
  text += make_excerpt(*current_->span.source, current_->first_line, current_->last_line);
  job_.emit({.kind = BuildEvent::Kind::Failed, .id = step_id, .text = std::move(text), .elapsed = elapsed});
}

void StageBuilder::add_layer(const std::string& layer, std::int64_t created_ns) {
  state_.layers = job_.snapshots.chain_after_commit(std::move(state_.layers), layer);
  state_.clock = model::TimePoint(std::chrono::nanoseconds(created_ns));
}

void StageBuilder::add_history(std::string created_by, bool has_layer) {
  std::optional<model::TimePoint> created = state_.clock;
  if (job_.source_date_epoch) created = model::TimePoint(std::chrono::seconds(*job_.source_date_epoch));
  state_.config.history.push_back({.created = created,
                                   .created_by = std::move(created_by),
                                   .author = {},
                                   .comment = {},
                                   .empty_layer = !has_layer});
  if (created) state_.config.created = created;
}

timespec StageBuilder::step_time() const {
  if (job_.source_date_epoch) return timespec{.tv_sec = *job_.source_date_epoch, .tv_nsec = 0};
  const std::int64_t now = base::now_ns();
  return timespec{.tv_sec = now / 1'000'000'000, .tv_nsec = now % 1'000'000'000};
}

base::Result<> StageBuilder::limit_times(const std::string& folder) const {
  if (!job_.source_date_epoch) return {};
  return sys::limit_times(folder, timespec{.tv_sec = *job_.source_date_epoch, .tv_nsec = 0});
}

}  // namespace runtime::build
