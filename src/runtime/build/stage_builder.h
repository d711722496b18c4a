// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <list>
#include <string>
#include <vector>

#include "runtime/build/build_job.h"
#include "runtime/build/copy_files.h"

namespace runtime::build {

/// Runs the instructions of one stage, in order, on its state.
class StageBuilder {
 public:
  StageBuilder(BuildJob& job, const Stage& stage) : job_(job), stage_(stage) {}

  base::Result<StageState> build();
  /// After a failure: a cache did not have a layer it promised, so the stage is to be built again.
  bool lost_layers() const { return lost_layers_; }

  // One overload for each kind of instruction; called by std::visit.
  base::Result<> operator()(const From&) { return {}; }
  base::Result<> operator()(const Arg& arg);
  base::Result<> operator()(const Env& env);
  base::Result<> operator()(const Label& label);
  base::Result<> operator()(const Run& run);
  base::Result<> operator()(const Copy& copy);
  base::Result<> operator()(const Cmd& cmd);
  base::Result<> operator()(const Entrypoint& entrypoint);
  base::Result<> operator()(const Shell& shell);
  base::Result<> operator()(const Expose& expose);
  base::Result<> operator()(const Volume& volume);
  base::Result<> operator()(const User& user);
  base::Result<> operator()(const Workdir& workdir);
  base::Result<> operator()(const StopSignal& signal);
  base::Result<> operator()(const Maintainer& maintainer);
  base::Result<> operator()(const Healthcheck& health);
  base::Result<> operator()(const OnBuild& trigger);

 private:
  struct LayerContent {
    bool exact = true;  ///< False: something moved under it, so it must not be remembered.
    std::string base;   ///< The layer it holds only the differences from; empty: it holds all.
  };
  /// A step that makes a layer: what names it, and how to make it when the cache has none.
  struct LayerStep {
    std::string key;
    std::string description;
    /// Fills the layer.
    std::function<base::Result<LayerContent>(const snapshot::PreparedRoot&, const std::string& step_id)>
        produce;
    /// Runs once the layer is committed, whether or not it came from the cache.
    std::function<base::Result<>(const std::string& layer)> committed;
  };
  struct CopyWork;

  base::Result<> start_from_base();
  base::Result<> start_from_image(const std::string& reference);
  base::Result<> read_triggers();
  base::Result<> run_instructions(const std::vector<const Instruction*>& instructions);
  void count_steps();

  base::Result<std::string> expand(const Word& word) const;
  base::Result<std::vector<std::string>> expand_all(const std::vector<Word>& words) const;
  std::optional<std::string> find_variable(std::string_view name) const;
  VariableLookup lookup() const {
    return [this](std::string_view name) { return find_variable(name); };
  }
  const std::vector<std::string>& shell() const;
  std::vector<std::string> with_shell(const Command& command) const;
  std::string in_working_dir(const std::string& path) const;
  bool cache_enabled() const;

  base::Result<> run_layer_step(LayerStep& step);
  base::Result<bool> take_from_cache(const LayerStep& step);
  base::Result<std::optional<CachedLayer>> find_cached(const LayerStep& step);
  /// Where this machine's cache keeps what follows from the stage's state.
  std::string local_key(const std::string& key) const {
    return state_.imported ? job_.imports.scoped(key) : key;
  }
  /// Brings all layers of the state into the store.
  base::Result<> need_layers();
  base::Result<> make_layer(LayerStep& step);
  base::Result<> record_step(const LayerStep& step, const CachedLayer& layer);
  void report_failure(const std::string& step_id, const base::Error& error, base::Duration elapsed);
  void add_layer(const std::string& layer, std::int64_t created_ns);
  void add_history(std::string created_by, bool has_layer);
  std::string step_text(const std::string& text) const;
  timespec step_time() const;
  base::Result<> limit_times(const std::string& folder) const;

  // copy_step.cpp
  struct SourceOrigin {
    const SourceTree* tree = nullptr;
    std::unique_ptr<SourceTree> own;  ///< Opened for this instruction.
    std::string key;  ///< Names how it was made; empty for a folder, which can change at any time.
    std::optional<Origin> origin;  ///< Of a stage or image, until open_source_tree().
    std::string from;
    std::vector<std::string> layers;  ///< Of a stage or image; stand-ins among them until open_source_tree().
    bool imported = false;            ///< A stage with layers from a cache outside.
  };
  base::Result<SourceOrigin> find_origin(const std::string& from, const base::Span& span);
  base::Result<> open_source_tree(SourceOrigin& source);
  base::Result<std::optional<std::string>> find_link(const std::string& cheap_key, const std::string& origin);
  base::Result<> record_link(const std::string& cheap_key, const std::string& key,
                             const std::vector<const SourceOrigin*>& origins);
  base::Result<std::string> fetch_repository(const Copy& copy, const std::string& source,
                                             const std::string& target);
  base::Result<> fetch_remotes(const Copy& copy, const CopyTarget& target, CopyWork& work);
  base::Result<CopyTarget> copy_target(const Copy& copy);
  base::Result<> copy_from_tree(const Copy& copy, const CopyTarget& target, CopyWork& work);
  base::Result<> fill_digests(CopyWork& work);
  base::Result<> remember_copy(CopyWork& work, const std::string& layer);
  static std::string copy_place(const Copy& copy, const CopyWork& work);
  base::Result<ReusableLayer> find_reusable(CopyWork& work, const snapshot::PreparedRoot& root);
  base::Result<LayerContent> write_copy(const Copy& copy, const CopyTarget& target, CopyWork& work,
                                        const snapshot::PreparedRoot& root);
  base::Result<CopyOutcome> fill_layer(const Copy& copy, const CopyTarget& target, const CopyWork& work,
                                       const snapshot::PreparedRoot& root, const ReusableLayer& reusable);
  base::Result<> read_heredocs(const Copy& copy, CopyWork& work);

  // run_step.cpp
  struct RunWork;
  base::Result<std::vector<std::string>> run_arguments(const Run& run, RunWork& work);
  std::vector<std::string> run_environment() const;
  /// "", "default", "none" or "host".
  const std::string& run_network(const Run& run) const;
  base::Result<> prepare_mounts(const Run& run, RunWork& work);
  base::Result<> run_with_mounts(LayerStep& step, std::vector<std::string> parts, RunWork& work);
  base::Result<LayerContent> run_process(const Run& run, RunWork& work, const snapshot::PreparedRoot& root,
                                         const std::string& step_id);
  base::Result<> check_permissions(const Run& run) const;
  base::Error failed_run(const RunWork& work, const StepExit& exit) const;

  BuildJob& job_;
  const Stage& stage_;
  StageState state_;
  const Instruction* current_ = nullptr;
  std::size_t step_number_ = 1, step_total_ = 1;
  bool lost_layers_ = false;
  std::list<base::Source> trigger_sources_;
  std::list<Instruction> triggers_;
};

}  // namespace runtime::build
