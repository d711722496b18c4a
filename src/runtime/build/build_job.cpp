// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/build_job.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/build/dockerfile_checks.h"
#include "runtime/build/remote_source.h"
#include "runtime/build/stage_builder.h"
#include "runtime/image/layer_blob.h"
#include "sys/file.h"
#include "sys/sha256.h"

namespace runtime::build {
namespace {

constexpr std::size_t kMostStages = 1'000;

/// Folders that no step uses are looked at as well: the name may be misspelt where it should be used.
base::Result<> check_contexts(const std::map<std::string, std::string>& contexts) {
  for (const auto& [name, value] : contexts) {
    const bool is_address = source_kind(value) != SourceKind::Path || value.find("://") != std::string::npos;
    if (is_address || sys::path_exists(value)) continue;
    return base::fail(base::ErrorClass::NotFound,
                      fmt::format("the build context {}: {} does not exist", name, value));
  }
  return {};
}

/// Whether the image is known to have been in the repository it is called after. One that was made here is in
/// no registry: asking for a fresh one keeps it.
bool is_of_registry(const image::Image& image, const std::string& reference) {
  const auto wanted = model::ImageReference::parse(reference);
  return std::any_of(image.repo_digests.begin(), image.repo_digests.end(), [&](const std::string& digest) {
    const auto known = model::ImageReference::parse(digest);
    return wanted && known && known->registry == wanted->registry && known->repository == wanted->repository;
  });
}

}  // namespace

std::string make_key(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += fmt::format("{}:{}", part.size(), part);
  return sys::sha256_hex(text);
}

/// A stage's thread and what came of it.
struct BuildJob::StageRun {
  std::mutex mutex;
  std::condition_variable done;
  bool started = false;
  std::optional<base::Result<StageState>> result;
};

BuildJob::BuildJob(const model::BuildSpec& request, snapshot::SnapshotStore& snapshot_store,
                   image::ImageStore& image_store, BuildCache& build_cache, StepRunner& step_runner,
                   const BuildSources& sources, std::string root, std::string run_root, BuildEventSink sink,
                   const base::Cancellation& user_cancellation)
    : spec(request),
      snapshots(snapshot_store),
      images(image_store),
      cache(build_cache),
      runner(step_runner),
      data_root(std::move(root)),
      cancellation(user_cancellation.child()),
      agents(spec.ssh),
      imports(*this),
      exports(*this),
      attestations(*this),
      platform(image::host_platform()),
      sources_(sources),
      sink_(std::move(sink)),
      scratch_(disk_scratch(data_root)),
      memory_(memory_scratch(run_root)),
      holder_(snapshot::SnapshotStore::process_holder("build:" + new_id())) {}

BuildJob::~BuildJob() {
  // What the build made is held by the cache and by its image now.
  if (holding_) {
    if (const auto unheld = snapshots.release(holder_)) static_cast<void>(snapshots.remove_unheld(*unheld));
    static_cast<void>(images.forget_lost_layers());
  }
}

std::string BuildJob::new_id() const { return sys::random_hex(16); }

base::Result<> BuildJob::load() {
  TRY(check_request());
  TRY(load_context());
  TRY(load_dockerfile());
  // One error instead of one a line, and no command that is run up to there.
  if (const auto at = source.text.find('\0'); at != std::string::npos) {
    const auto line = 1 + std::count(source.text.data(), source.text.data() + at, '\n');
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("{} is no text: it has a NUL byte in line {}", source.name, line));
  }
  base::Diagnostics diagnostics;
  dockerfile = parse_dockerfile(source, diagnostics);
  for (const base::Error& warning : diagnostics.warnings()) {
    emit({.kind = BuildEvent::Kind::Warning, .id = {}, .text = base::to_text(warning, "warning")});
  }
  TRY(diagnostics.checkpoint());
  graph = TRY(make_stage_graph(dockerfile, spec, platform));
  if (graph.stages.size() > kMostStages) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("the Dockerfile has more than {} stages", kMostStages));
  }
  warn_of_syntax();
  return run_checks();
}

/// Other languages than Dockerfiles come as images that would have to be run.
void BuildJob::warn_of_syntax() {
  const std::string& syntax = arguments.syntax.empty() ? dockerfile.directives.syntax : arguments.syntax;
  if (syntax.empty() || is_dockerfile_syntax(syntax)) return;
  warn(fmt::format("the syntax {} is not run: the file is read as a Dockerfile", syntax),
       "use docker/dockerfile, or no syntax directive");
}

base::Result<CheckFacts> BuildJob::check_facts(const CheckOptions& options) {
  CheckFacts facts;
  // Variants of a processor run each other's programs often enough.
  const std::vector<std::string> parts = base::split(platform, '/');
  facts.platform = parts.size() > 1 ? parts[0] + "/" + parts[1] : platform;
  facts.environment = [this](const std::string& reference) -> std::optional<std::vector<std::string>> {
    const auto image = images.find(reference);
    return image ? std::optional(image->config.environment) : std::nullopt;
  };
  facts.image_platform = [this](const std::string& reference) -> std::optional<std::string> {
    // One that is asked to be fresh is pulled for the build's.
    const auto image = images.find(reference);
    if (!image || spec.pull || image->config.architecture.empty()) return std::nullopt;
    return fmt::format("{}/{}", image->config.os, image->config.architecture);
  };
  if (!options.wants("CopyIgnoredFile")) return facts;
  const bool fetched = context_folder != spec.context;
  std::optional<std::string> text;
  if (fetched) {
    text = TRY(read_context_file(context_folder, ignore_file_.substr(context_folder.size() + 1)));
  } else if (sys::path_exists(ignore_file_)) {
    text = TRY(sys::read_file(ignore_file_));
  }
  if (!text) return facts;
  facts.is_ignored = [rules = TRY(IgnoreRules::parse(*text, ignore_file_))](const std::string& path) {
    return rules.excludes(path);
  };
  return facts;
}

base::Result<> BuildJob::run_checks() {
  const CheckOptions options =
      arguments.checks ? *arguments.checks : TRY(parse_check_options(dockerfile.directives.check));
  if (options.skip_all) return {};
  std::set<std::string> broken;
  for (CheckFinding& finding : check_dockerfile(dockerfile, graph, TRY(check_facts(options)))) {
    if (!options.wants(finding.rule)) continue;
    broken.insert(finding.rule);
    if (spec.check_only) findings.push_back(finding);
    finding.warning.message += fmt::format(" ({})", finding.rule);
    const auto& place = finding.warning.location;
    if (!spec.check_only && !options.fail && is_advice(finding.rule)) continue;
    const std::string text = spec.check_only ? base::to_text(finding.warning, "warning")
                                             : fmt::format("{}:{}: warning: {}\n", place->file, place->line,
                                                           finding.warning.message);
    emit({.kind = BuildEvent::Kind::Warning, .id = {}, .text = text});
  }
  if (!options.fail || broken.empty() || spec.check_only) return {};
  return base::fail(base::make_error(base::ErrorClass::Invalid,
                                     fmt::format("the Dockerfile breaks rules it is to keep: {}",
                                                 base::join(std::vector(broken.begin(), broken.end()), ", ")))
                        .with_hint("# check=error=true demands it; skip=RULE leaves one out"));
}

base::Result<> BuildJob::check_request() {
  const auto refuse = [&](std::string_view part, base::ErrorClass error_class, std::string message,
                          std::string hint = {}) {
    return base::fail(model::at_place(
        base::make_error(error_class, std::move(message)).with_hint(std::move(hint)), spec, part));
  };
  const auto epoch = spec.args.find("SOURCE_DATE_EPOCH");
  if (epoch != spec.args.end() && !epoch->second.empty()) {
    const std::string& text = epoch->second;
    std::int64_t seconds = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    // Nanoseconds of it must fit into 64 bits.
    if (code != std::errc() || end != text.data() + text.size() || seconds < 0 || seconds > 9'000'000'000) {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("SOURCE_DATE_EPOCH '{}' is no number of seconds", text));
    }
    source_date_epoch = seconds;
  }
  if (!spec.network.empty() && spec.network != "default" && spec.network != "none" &&
      spec.network != "host") {
    return refuse("network", base::ErrorClass::Unsupported,
                  fmt::format("build network '{}': it is default, none or host", spec.network));
  }
  if (!spec.isolation.empty() && spec.isolation != "default") {
    return refuse("isolation", base::ErrorClass::Unsupported,
                  fmt::format("build isolation '{}' is not for Linux", spec.isolation));
  }
  for (const std::string& tag : spec.tags) {
    if (TRY(model::ImageReference::parse(tag)).digest) {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("\"{}\" names a digest, which cannot be given to an image", tag));
    }
  }
  for (const std::string& entitlement : spec.entitlements) {
    if (entitlement == "network.host" || entitlement == "security.insecure") continue;
    return refuse("entitlements", base::ErrorClass::Invalid,
                  fmt::format("unknown entitlement '{}'", entitlement),
                  "entitlements are network.host and security.insecure");
  }
  arguments = TRY(read_builder_arguments(spec));
  if (arguments.multi_platform) warn("BUILDKIT_MULTI_PLATFORM has no effect: the result is one image");
  if (!spec.no_cache) imports.configure(spec.cache_from);
  std::vector<std::string> caches = spec.cache_to;
  if (arguments.inline_cache) caches.emplace_back("type=inline");
  TRY(exports.configure(caches));
  return attestations.configure();
}

void BuildJob::warn(std::string message, std::string hint) {
  base::Error warning = base::make_error(base::ErrorClass::Unsupported, std::move(message));
  warning.hint = std::move(hint);
  warn(warning);
}

void BuildJob::warn(const base::Error& warning) {
  emit({.kind = BuildEvent::Kind::Warning, .id = {}, .text = base::to_text(warning, "warning")});
}

void BuildJob::warn_unused_args() {
  for (const auto& [name, value] : spec.args) {
    if (is_proxy_arg(name) || name == "SOURCE_DATE_EPOCH" || name.starts_with("BUILDKIT_")) continue;
    if (graph.global.args.find(name)) continue;
    const bool declared = std::any_of(
        dockerfile.instructions.begin(), dockerfile.instructions.end(), [&](const Instruction& i) {
          const auto* arg = std::get_if<Arg>(&i.body);
          return arg != nullptr && std::any_of(arg->entries.begin(), arg->entries.end(),
                                               [&](const Arg::Entry& entry) { return entry.name == name; });
        });
    if (!declared)
      warn(fmt::format("build argument {} is not used", name), fmt::format("declare it: ARG {}", name));
  }
}

base::Result<BuiltImage> BuildJob::run() {
  TRY(check_contexts(spec.additional_contexts));
  warn_unused_args();
  const auto done = run_stages();
  static_cast<void>(cache.touch(used_keys_));
  TRY(done);
  const StageState state = TRY(fetch_stage(graph.target));
  auto attested = TRY(attestations.make(state));
  BuiltImage built = TRY(finish(state, std::move(attested)));
  TRY(exports.write(state.layers));
  return built;
}

std::vector<std::string> BuildJob::image_names() const {
  std::set<std::string> names;
  const auto add = [&](const std::string& from, std::size_t stage) {
    if (from.empty()) return;
    const auto origin = graph.find_origin(from, stage);
    if (origin && origin->kind == Origin::Kind::Image) names.insert(origin->name);
  };
  for (const std::size_t index : graph.needed) {
    const Stage& stage = graph.stages[index];
    if (stage.base.kind == Origin::Kind::Image) names.insert(stage.base.name);
    for (const Instruction* instruction : stage.instructions) {
      if (const auto* copy = std::get_if<Copy>(&instruction->body)) add(copy->from.text, index);
      const auto* run = std::get_if<Run>(&instruction->body);
      for (const RunMountFlag& flag : run == nullptr ? std::vector<RunMountFlag>() : run->mounts) {
        if (const auto mount = parse_run_mount(flag.text)) add(mount->from, index);
      }
    }
  }
  return {names.begin(), names.end()};
}

base::Result<> BuildJob::run_stages() {
  for (std::size_t i = 0; i < graph.stages.size(); ++i) runs_.push_back(std::make_unique<StageRun>());
  for (const std::size_t index : graph.needed) runs_[index]->started = true;
  {
    std::vector<std::jthread> threads;
    for (const std::size_t index : graph.needed) {
      if (index != graph.target) threads.emplace_back([this, index] { run_stage(index); });
    }
    run_stage(graph.target);
  }
  // Stages that only waited for a failed one, or were stopped for it, say nothing of their own.
  std::vector<base::Error> errors, cancelled;
  for (const auto& run : runs_) {
    if (!run->result || *run->result) continue;
    const auto& result = *run->result;
    (result.error().error_class == base::ErrorClass::Cancelled ? cancelled : errors)
        .push_back(result.error());
  }
  if (!errors.empty()) return base::fail(base::join_errors(std::move(errors)));
  if (!cancelled.empty()) return base::fail(cancelled.front());
  return {};
}

void BuildJob::run_stage(std::size_t index) {
  base::Result<StageState> result = build_stage(index);
  StageRun& run = *runs_[index];
  if (!result) cancellation.request();
  const std::lock_guard lock(run.mutex);
  run.result = std::move(result);
  run.done.notify_all();
}

/// A stage that needs the files of a layer which a cache turns out not to have begins anew without it.
base::Result<StageState> BuildJob::build_stage(std::size_t index) {
  while (true) {
    StageBuilder builder(*this, graph.stages[index]);
    auto result = builder.build();
    if (result || !builder.lost_layers()) return result;
  }
}

base::Result<StageState> BuildJob::wait_for_stage(std::size_t index) {
  StageRun& run = *runs_[index];
  std::unique_lock lock(run.mutex);
  if (!run.started) {  // The Dockerfile needs it for a trigger only, which nobody could see before.
    run.started = true;
    lock.unlock();
    run_stage(index);
    lock.lock();
  }
  run.done.wait(lock, [&] { return run.result.has_value(); });
  if (!*run.result) return base::fail(base::ErrorClass::Cancelled, "the build was cancelled");
  if (imports.lost((*run.result)->layers)) run.result = build_stage(index);
  return *run.result;
}

base::Result<StageState> BuildJob::fetch_stage(std::size_t index) {
  while (true) {
    StageState state = TRY(wait_for_stage(index));
    auto layers = TRY(imports.fetch(state.layers));
    if (!layers) continue;
    state.layers = *std::move(layers);
    return state;
  }
}

base::Result<image::Image> BuildJob::find_image(const std::string& reference, const base::Span& span) {
  // One fetch at a time: several stages often start from the same image.
  const std::lock_guard fetching(image_mutex_);
  const auto known = found_images_.find(reference);
  if (known != found_images_.end()) return known->second;
  if (reference.starts_with(kLayoutContext)) {
    const LayoutImage taken =
        TRY_WHILE(take_layout_image(images, reference, cancellation), fmt::format("reading {}", reference));
    attestations.note_material(taken.material);
    return found_images_[reference] = TRY(images.find_whole(taken.id));
  }
  auto found = images.find_whole(reference);
  const bool missing = !found && found.error().error_class == base::ErrorClass::NotFound;
  if (!found && !missing) return base::fail(std::move(found).error());
  if (sources_.images && (missing || spec.pull)) {
    auto fetched =
        sources_.images(reference, spec.pull ? FetchMode::Always : FetchMode::Missing, cancellation);
    if (!fetched && (missing || is_of_registry(*found, reference))) {
      return base::fail(
          std::move(fetched).error().at(span).while_doing(fmt::format("getting the image {}", reference)));
    }
    if (!fetched) {
      warn(fmt::format("{} was made here and stays as it is: {}", reference, fetched.error().message));
    }
    found = images.find_whole(reference);
  }
  if (!found && found.error().error_class != base::ErrorClass::NotFound) return found;
  if (!found) {
    return base::fail(
        base::make_error(base::ErrorClass::NotFound, fmt::format("no image {} in the store", reference))
            .at(span)
            .with_hint("pull or import it, or build the service whose image it is first"));
  }
  attestations.note_image(reference, *found);
  found_images_[reference] = *found;
  return *found;
}

base::Result<const SourceTree*> BuildJob::context(const std::string& name) {
  const std::lock_guard fetching(context_mutex_);
  auto& place = contexts_[name];
  if (place) return place.get();
  const bool is_main = name == context_folder;
  const std::string folder = is_main ? name : TRY(fetch_folder(name)).folder;
  const bool is_fetched = is_main ? folder != spec.context : folder != name;
  std::string ignore = is_main ? ignore_file_ : folder + "/.dockerignore";
  if (is_fetched) {
    const auto rules = TRY(read_context_file(folder, ignore.substr(folder.size() + 1)));
    ignore = rules ? fmt::format("{}/{}", TRY(scratch_folder()), new_id()) : "";
    if (rules) TRY(sys::write_file(ignore, *rules));
  }
  auto opened = std::make_unique<SourceTree>(TRY(open_context(folder, ignore)));
  if (!is_main) opened->name = name;
  // It is put in a new place each time: nothing of it can be recognised.
  if (is_fetched) opened->identity.clear();
  place = std::move(opened);
  return place.get();
}

base::Result<bool> BuildJob::hold_layer(const std::string& layer) {
  const std::lock_guard lock(hold_mutex_);
  for (const std::string& part : TRY(snapshots.with_bases({layer}))) {
    if (TRY(snapshots.settling().is_in_doubt(part))) return false;
  }
  if (!holding_) {
    if (!snapshots.is_committed(layer)) return false;
    needed_layers_.push_back(layer);
    return true;
  }
  const auto held = snapshots.hold(layer, holder_);
  if (held) return true;
  if (held.error().error_class == base::ErrorClass::NotFound) return false;
  return base::fail(held.error());
}

base::Result<> BuildJob::hold_layers() {
  const std::lock_guard lock(hold_mutex_);
  if (holding_) return {};
  auto held = cache.hold(needed_layers_, holder_);
  holding_ = held.has_value();
  if (held) return {};
  if (held.error().error_class != base::ErrorClass::NotFound) return held;
  lost_layer_ = true;
  return base::fail(base::ErrorClass::Conflict, "a layer that the build needs was removed meanwhile");
}

base::Result<std::string> BuildJob::image_key(const image::Image& image) {
  if (imports.empty() && spec.cache_to.empty()) return image.id;
  std::vector<image::LayerRecord> layers;
  for (const image::LayerRecord& layer : TRY(images.layers(image.id)))
    layers.push_back(TRY(image::with_diff_id(images, layer, cancellation)));
  return "sha256:" + sys::sha256_hex(TRY(image::config_with_layers(image, layers)));
}

base::Result<std::vector<std::unique_ptr<image::Repository>>> BuildJob::open_repositories(
    const model::ImageReference& reference, RepositoryUse use) {
  if (sources_.repositories) return sources_.repositories(reference, use, cancellation);
  return base::fail(
      base::ErrorClass::Unsupported,
      fmt::format("{} is in a registry, which cannot be reached here", reference.familiar_text()));
}

void BuildJob::note_use(const std::string& key) {
  const std::lock_guard lock(mutex_);
  used_keys_.push_back(key);
}

void BuildJob::emit(const BuildEvent& event) {
  if (!sink_) return;
  const std::lock_guard lock(sink_mutex_);
  sink_(event);
}

base::Result<BuiltImage> BuildJob::finish(const StageState& state,
                                          std::optional<std::vector<image::Attestation>> attested) {
  image::BuiltImage built{.config = state.config,
                          .layers = state.layers,
                          .tags = spec.tags,
                          .annotations = {},
                          .attestations = std::move(attested)};
  // Without a name it is another build's image as well, which keeps what it was given.
  if (!spec.tags.empty() || !spec.annotations.empty()) built.annotations = spec.annotations;
  TRY(exports.annotate(built));
  for (const auto& [name, value] : spec.labels) built.config.labels[name] = value;
  if (source_date_epoch) built.config.created = model::TimePoint(std::chrono::seconds(*source_date_epoch));
  auto id = images.add_built_image(built);
  // A new image holds its layers itself; NotFound is that somebody removed one before.
  if (!id) lost_layer_ = id.error().error_class == base::ErrorClass::NotFound;
  BuiltImage out{.id = TRY_WHILE(std::move(id), "recording the image")};
  return out;
}

}  // namespace runtime::build
