// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "model/build_spec.h"
#include "runtime/build/build_attestations.h"
#include "runtime/build/build_cache.h"
#include "runtime/build/build_event.h"
#include "runtime/build/builder.h"
#include "runtime/build/builder_arguments.h"
#include "runtime/build/cache_export.h"
#include "runtime/build/cache_imports.h"
#include "runtime/build/context_source.h"
#include "runtime/build/dockerfile_checks.h"
#include "runtime/build/scratch_folder.h"
#include "runtime/build/source_tree.h"
#include "runtime/build/ssh_agent.h"
#include "runtime/build/stage_graph.h"
#include "runtime/build/step_runner.h"
#include "runtime/image/image_store.h"
#include "runtime/snapshot/snapshot_store.h"

namespace runtime::build {

/// Where a stage is: what its next instruction starts from, and at the end its result.
struct StageState {
  image::ImageConfig config;
  std::vector<std::string> layers;  ///< Snapshot ids, bottom first.
  std::string key;                  ///< Names everything that led here; the next step's key is made of it.
  ArgScope args;
  bool imported = false;     ///< A layer of it came from a cache outside, so what is made of it is scoped.
  bool command_set = false;  ///< By a CMD of this stage: ENTRYPOINT then leaves it.
  std::optional<model::TimePoint>
      clock;  ///< When the last layer was made: histories must not change on a rebuild.
};

/// What comes from elsewhere.
struct BuildSources {
  ImageSource images;
  UrlSource urls;
  RepositorySource repositories;
};

/// One build: what all its stages share. Owned by Builder::build for as long as that runs.
class BuildJob {
 public:
  BuildJob(const model::BuildSpec& spec, snapshot::SnapshotStore& snapshots, image::ImageStore& images,
           BuildCache& cache, StepRunner& runner, const BuildSources& sources, std::string data_root,
           std::string run_root, BuildEventSink sink, const base::Cancellation& cancellation);
  ~BuildJob();
  BuildJob(const BuildJob&) = delete;
  BuildJob& operator=(const BuildJob&) = delete;

  /// Reads the Dockerfile and the ignore file, and follows what the target needs.
  base::Result<> load();
  base::Result<BuiltImage> run();
  void warn_unused_args();
  /// References the needed stages start from or copy from, sorted.
  std::vector<std::string> image_names() const;

  const model::BuildSpec& spec;
  snapshot::SnapshotStore& snapshots;
  image::ImageStore& images;
  BuildCache& cache;
  StepRunner& runner;
  const std::string data_root;
  const base::Cancellation cancellation;  ///< Also requested when a stage failed.
  SshAgents agents;
  CacheImports imports;
  CacheExport exports;
  BuildAttestations attestations;

  /// The build context: the request's folder, or where its repository was put.
  std::string context_folder;
  Material context_material;  ///< Of a context that was fetched.
  const UrlSource& url_source() const { return sources_.urls; }

  base::Source source;
  Dockerfile dockerfile;
  StageGraph graph;
  std::vector<CheckFinding> findings;  ///< Of a build that only checks.
  std::string platform;
  BuilderArguments arguments;
  std::optional<std::int64_t> source_date_epoch;  ///< Seconds.
  /// Part of keys: with it, files in layers have other times.
  std::string epoch_text() const { return source_date_epoch ? std::to_string(*source_date_epoch) : ""; }
  char escape() const { return dockerfile.directives.escape; }

  /// Waits until the stage is done. Its layers may be stand-ins that only `imports` can bring here. Cancelled
  /// when it failed: its own error is reported by run().
  base::Result<StageState> wait_for_stage(std::size_t index);
  /// As wait_for_stage, with all layers in the store.
  base::Result<StageState> fetch_stage(std::size_t index);
  /// The image, brought into the store when it is missing or asked to be fresh; each reference once a build.
  base::Result<image::Image> find_image(const std::string& reference, const base::Span& span);
  /// The build context, or a folder or URL given as a named one; opened once.
  base::Result<const SourceTree*> context(const std::string& name);

  /// The layer is needed until the build ends. False when it went away meanwhile. That is not written down
  /// before hold_layers(): a build that finds everything in the cache writes nothing.
  base::Result<bool> hold_layer(const std::string& layer);
  /// Before layers are read or built upon: from now on nobody can remove them. Conflict when one went away.
  base::Result<> hold_layers();
  /// The build failed because somebody removed a layer that it had not held yet. Trying again helps.
  bool lost_layer() const { return lost_layer_; }
  void note_use(const std::string& key);
  /// What names the image in keys: the same on every machine when caches outside are used.
  base::Result<std::string> image_key(const image::Image& image);
  base::Result<std::vector<std::unique_ptr<image::Repository>>> open_repositories(
      const model::ImageReference& reference, RepositoryUse use);

  void emit(const BuildEvent& event);
  void warn(const base::Error& warning);
  std::string next_step_id() { return std::to_string(++step_count_); }
  /// A folder for this build's files, removed with it.
  base::Result<std::string> scratch_folder() { return scratch_.path(); }
  /// The same in memory, with short names: for secrets and sockets.
  base::Result<std::string> memory_folder() { return memory_.path(); }
  /// An id nothing else has, [0-9a-f].
  std::string new_id() const;

 private:
  struct StageRun;
  base::Result<> load_context();
  base::Result<FetchedContext> fetch_folder(const std::string& context);
  base::Result<> load_dockerfile();
  base::Result<> load_fetched_dockerfile(const std::string& wanted);
  base::Result<> check_request();
  base::Result<CheckFacts> check_facts(const CheckOptions& options);
  base::Result<> run_checks();
  void warn_of_syntax();
  void warn(std::string message, std::string hint = {});
  void run_stage(std::size_t index);
  base::Result<StageState> build_stage(std::size_t index);
  base::Result<> run_stages();
  base::Result<BuiltImage> finish(const StageState& state,
                                  std::optional<std::vector<image::Attestation>> attested);

  const BuildSources& sources_;
  BuildEventSink sink_;
  std::mutex sink_mutex_;
  std::atomic<std::size_t> step_count_{0};
  std::vector<std::unique_ptr<StageRun>> runs_;
  std::mutex mutex_;  ///< Guards the maps and lists below.
  std::map<std::string, image::Image> found_images_;
  std::vector<std::string> used_keys_;
  std::string dockerfile_path_, ignore_file_;
  ScratchFolder scratch_, memory_;
  std::string holder_;
  std::mutex hold_mutex_;  ///< Guards the two below.
  bool holding_ = false;
  std::vector<std::string> needed_layers_;
  std::atomic<bool> lost_layer_{false};
  std::mutex image_mutex_;
  std::mutex context_mutex_;  ///< Guards contexts_.
  std::map<std::string, std::unique_ptr<SourceTree>> contexts_;
};

/// SHA-256 over the parts, each told apart from its neighbours: a cache key.
std::string make_key(const std::vector<std::string>& parts);

}  // namespace runtime::build
