// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/address_text.h"
#include "base/clock.h"
#include "base/split.h"
#include "runtime/build/copy_reuse.h"
#include "runtime/build/file_owner.h"
#include "runtime/build/git_authorization.h"
#include "runtime/build/git_source.h"
#include "runtime/build/local_archive.h"
#include "runtime/build/remote_source.h"
#include "runtime/build/stage_builder.h"
#include "sys/file.h"
#include "sys/path_at.h"

namespace runtime::build {

/// What one COPY or ADD found out on its way.
struct StageBuilder::CopyWork {
  SourceOrigin origin;
  struct Remote {
    std::unique_ptr<SourceTree> tree;
    std::vector<ScannedSource> scanned;
    bool unpack = false;
  };
  std::vector<Remote> remotes;  ///< ADD's downloads and repositories.
  ScanOptions options;
  std::vector<std::string> sources;
  std::vector<ScannedSource> scanned;
  std::vector<TextFile> texts;
  std::string checksum;
  std::string slot;  ///< Names what is remembered of it; empty: nothing is.
  std::optional<std::string> memory_bytes;
  CopySummary remembered;
  std::optional<CopyMemory> memory;  ///< Decoded when it is needed.
  std::int64_t scanned_ns = 0;
  std::string place;       ///< See CopySummary; empty: the layer cannot be used again for another.
  std::string below;       ///< layers_key() of what the layer is made over.
  std::string base;        ///< Of the remembered layer, or that layer itself.
  bool unchanged = false;  ///< Since the scan that is remembered: digests are not filled in yet.
};

namespace {

/// The words of an instruction with their variables filled in.
struct ShownCopy {
  std::vector<std::string> sources;
  std::string target, chown, chmod;
};

std::string show_copy(const Copy& copy, const ShownCopy& shown) {
  std::string text = copy.is_add ? "ADD" : "COPY";
  for (const auto& [name, value] :
       {std::pair("from", &copy.from.text), {"chown", &shown.chown}, {"chmod", &shown.chmod}}) {
    if (!value->empty()) text += fmt::format(" --{}={}", name, *value);
  }
  if (copy.link) text += " --link";
  if (copy.parents) text += " --parents";
  for (const std::string& source : shown.sources) text += " " + base::hide_secrets(source);
  for (const Heredoc& heredoc : copy.heredocs) text += " <<" + heredoc.name;
  return text + " " + shown.target;
}

/// Where the source stands; with addresses among them, the instruction's first source.
base::Span source_span(const Copy& copy, std::size_t index, std::size_t addresses) {
  return copy.sources[addresses == 0 ? index : 0].span;
}

}  // namespace

base::Result<StageBuilder::SourceOrigin> StageBuilder::find_origin(const std::string& from,
                                                                   const base::Span& span) {
  SourceOrigin out{.from = from};
  if (from.empty()) {
    out.tree = TRY(job_.context(job_.context_folder));
    return out;
  }
  const Origin origin = TRY(job_.graph.find_origin(from, stage_.index));
  if (origin.kind == Origin::Kind::Folder) {
    out.tree = TRY(job_.context(origin.name));
    return out;
  }
  out.origin = origin;
  if (origin.kind == Origin::Kind::Stage) {
    const StageState state = TRY(job_.wait_for_stage(origin.stage));
    out.layers = state.layers;
    out.key = state.key;
    out.imported = state.imported;
  } else {
    const image::Image image = TRY(job_.find_image(origin.name, span));
    out.layers = image.layers;
    out.key = make_key({"image", TRY(job_.image_key(image))});
  }
  return out;
}

base::Result<> StageBuilder::open_source_tree(SourceOrigin& source) {
  if (source.tree != nullptr) return {};
  const bool is_stage = source.origin->kind == Origin::Kind::Stage;
  if (is_stage) source.layers = TRY(job_.fetch_stage(source.origin->stage)).layers;
  for (const std::string& layer : source.layers) {
    if (!TRY(job_.hold_layer(layer))) {
      return base::fail(base::ErrorClass::NotFound,
                        fmt::format("a layer of {} is not in the store any more", source.from));
    }
  }
  TRY(job_.hold_layers());
  source.own = std::make_unique<SourceTree>();
  source.own->tree =
      TRY(LayeredTree::open(TRY(job_.snapshots.lower_dirs(source.layers)), OverlayMarks::Honour));
  source.own->owners = Owners::Keep;
  source.own->name = fmt::format("{} '{}'", is_stage ? "stage" : "image", source.from);
  source.tree = source.own.get();
  return {};
}

base::Result<std::optional<std::string>> StageBuilder::find_link(const std::string& cheap_key,
                                                                 const std::string& origin) {
  auto key = TRY(job_.cache.find_link(cheap_key, origin));
  if (key || job_.imports.empty()) return key;
  const std::string scoped = job_.imports.scoped(cheap_key);
  key = TRY(job_.cache.find_link(scoped, origin));
  if (!key) key = job_.imports.find_link(cheap_key);
  if (!key) return key;
  state_.imported = true;
  TRY(job_.cache.record_link(scoped, *key, origin));
  return key;
}

base::Result<> StageBuilder::record_link(const std::string& cheap_key, const std::string& key,
                                         const std::vector<const SourceOrigin*>& origins) {
  bool imported = state_.imported;
  std::vector<std::string> layers;
  for (const SourceOrigin* origin : origins) {
    imported = imported || origin->imported;
    layers.insert(layers.end(), origin->layers.begin(), origin->layers.end());
  }
  job_.exports.note_link(cheap_key, key);
  return job_.cache.record_link(imported ? job_.imports.scoped(cheap_key) : cheap_key, key,
                                layers_key(layers));
}

base::Result<CopyTarget> StageBuilder::copy_target(const Copy& copy) {
  CopyTarget target{.path = in_working_dir(TRY(expand(copy.target))), .parents = copy.parents};
  if (target.path.ends_with("/.")) target.path.pop_back();
  if (!copy.chmod.text.empty()) {
    auto mode = FileMode::parse(TRY(expand(copy.chmod)));
    if (!mode) return base::fail(std::move(mode).error().at(copy.chmod.span));
    target.mode = *mode;
  }
  if (!copy.chown.text.empty()) {
    TRY(need_layers());
    const std::vector<std::string> folders = TRY(job_.snapshots.lower_dirs(state_.layers));
    auto owner = find_owner(TRY(expand(copy.chown)), TRY(LayeredTree::open(folders, OverlayMarks::Honour)));
    // The layers may not be held yet: what was read in them counts when they are there still.
    TRY(job_.snapshots.lower_dirs(state_.layers));
    if (!owner) return base::fail(std::move(owner).error().at(copy.chown.span));
    target.owner = *owner;
  }
  return target;
}

base::Result<> StageBuilder::read_heredocs(const Copy& copy, CopyWork& work) {
  for (const Heredoc& heredoc : copy.heredocs) {
    TextFile file{.name = heredoc.file_name(), .content = heredoc.content};
    if (heredoc.expand) file.content = TRY(expand_text(heredoc.content, job_.escape(), lookup()));
    work.texts.push_back(std::move(file));
  }
  return {};
}

base::Result<std::string> StageBuilder::fetch_repository(const Copy& copy, const std::string& source,
                                                         const std::string& target) {
  GitAddress address = TRY(parse_git_address(source));
  const std::string checksum = TRY(expand(copy.checksum));
  if (!checksum.empty()) TRY(demand_commit(address, checksum));
  TRY(authorize(address, job_.spec));
  const GitFetch fetch{.target = target,
                       .memory = TRY(job_.memory_folder()),
                       .keep_git_folder = copy.keep_git_dir || address.keep_git_folder.value_or(false),
                       .has_ssh = may_use_ssh(job_.spec)};
  if (address.over_ssh() && !fetch.has_ssh) {
    return base::fail(
        base::make_error(base::ErrorClass::Invalid,
                         fmt::format("{} takes ssh keys, and this build has none", address.text()))
            .with_hint("give it keys: --ssh default, or 'ssh: [default]' in 'build'"));
  }
  GitCheckout checkout = TRY(fetch_git(address, fetch, job_.cancellation));
  job_.attestations.note_material(git_material(address, checkout.commit));
  return std::move(checkout.folder);
}

/// Takes addresses out of the sources, and brings what they hold here.
base::Result<> StageBuilder::fetch_remotes(const Copy& copy, const CopyTarget& target, CopyWork& work) {
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < work.sources.size(); ++i) {
    const std::string& source = work.sources[i];
    const SourceKind kind = copy.is_add ? source_kind(source) : SourceKind::Path;
    if (kind == SourceKind::Path) {
      paths.push_back(source);
      continue;
    }
    CopyWork::Remote remote{
        .tree = std::make_unique<SourceTree>(), .scanned = {}, .unpack = copy.unpack.value_or(false)};
    std::string folder = fmt::format("{}/{}", TRY(job_.scratch_folder()), job_.new_id());
    ScanOptions options = work.options;
    options.wildcards = false;
    std::string name;
    if (kind == SourceKind::Url) {
      const auto slash = target.path.find_last_of('/');
      const DownloadRequest request{
          .url = source, .checksum = TRY(expand(copy.checksum)), .name = target.path.substr(slash + 1)};
      auto file = download_file(request, job_.url_source(), folder, job_.cancellation);
      if (!file) return base::fail(std::move(file).error().at(copy.sources[i].span));
      name = std::move(file->name);
      job_.attestations.note_material({.uri = base::hide_secrets(source), .digest = file->sha256});
    } else {
      auto fetched = fetch_repository(copy, source, folder);
      if (!fetched) return base::fail(std::move(fetched).error().at(copy.sources[i].span));
      folder = std::move(*fetched);
      remote.unpack = false;
    }
    *remote.tree = TRY(open_context(folder, ""));
    remote.scanned = TRY(scan_source(*remote.tree, name, options));
    TRY(hash_entries(*remote.tree, remote.scanned));
    work.remotes.push_back(std::move(remote));
  }
  if (!copy.checksum.text.empty() && work.remotes.empty()) {
    return base::fail(base::make_error(base::ErrorClass::Invalid, "--checksum is for addresses only")
                          .at(copy.checksum.span));
  }
  work.sources = std::move(paths);
  return {};
}

/// Scans the sources and brings their checksum about, from memory as far as it goes.
base::Result<> StageBuilder::copy_from_tree(const Copy& copy, const CopyTarget& target, CopyWork& work) {
  const SourceTree& tree = *work.origin.tree;
  work.scanned_ns = base::now_ns();
  for (std::size_t i = 0; i < work.sources.size(); ++i) {
    auto found = scan_source(tree, work.sources[i], work.options);
    if (!found) return base::fail(std::move(found).error().at(source_span(copy, i, work.remotes.size())));
    std::move(found->begin(), found->end(), std::back_inserter(work.scanned));
  }
  if (!tree.identity.empty()) {
    // All that makes a file in the layer what it is, beside the source: files are shared between layers.
    const std::string owner = target.owner ? fmt::format("{}:{}", target.owner->uid, target.owner->gid) : "";
    const std::string mode = target.mode ? TRY(expand(copy.chmod)) : "";
    work.slot = make_key({"copy", tree.identity, base::join(work.sources, "\n"), target.path, owner, mode,
                          copy.parents ? "parents" : "", job_.epoch_text()});
    work.memory_bytes = job_.cache.find_memory(work.slot);
    const auto summary = work.memory_bytes ? decode_copy_summary(*work.memory_bytes) : std::nullopt;
    if (summary) work.remembered = *summary;
    if (summary && !summary->fingerprint.empty() && summary->fingerprint == fingerprint(work.scanned)) {
      work.unchanged = true;
      work.checksum = summary->checksum;
      return {};
    }
  }
  TRY(fill_digests(work));
  work.checksum = checksum(work.scanned, tree.owners);
  return {};
}

/// Reads the files that are not the same version as remembered.
base::Result<> StageBuilder::fill_digests(CopyWork& work) {
  if (work.memory_bytes) work.memory = decode_copy_memory(*work.memory_bytes);
  if (!work.memory || !recall_digests(*work.memory, work.scanned))
    TRY(hash_entries(*work.origin.tree, work.scanned));
  mark_unsettled(work.scanned, work.scanned_ns);
  return {};
}

base::Result<> StageBuilder::remember_copy(CopyWork& work, const std::string& layer) {
  if (work.slot.empty()) return {};
  // Builds that do not name the caches outside remember by the same slot: they may know what was read, which
  // is this machine's, and must not take files out of a layer that is not, or lies on one.
  const std::string reusable = state_.imported || work.place.empty() ? "" : layer;
  if (work.unchanged && (state_.imported || work.remembered.layer == reusable)) return {};
  if (work.unchanged) TRY(fill_digests(work));
  CopyMemory memory = make_memory(work.scanned);
  memory.summary.layer = reusable;
  memory.summary.below = work.below;
  memory.summary.place = work.place;
  memory.summary.checksum = work.checksum;
  return job_.cache.record_memory(work.slot, memory);
}

/// Of one folder or file that nothing else was put beside. With several sources a path in the layer may be
/// another source's file, and what was unpacked is not in the memory.
std::string StageBuilder::copy_place(const Copy& copy, const CopyWork& work) {
  if (work.scanned.size() != 1 || !work.remotes.empty() || !work.texts.empty()) return {};
  const ScannedSource& source = work.scanned.front();
  if (copy.is_add && !source.is_folder()) return {};
  return make_key({source.path, source.name, source.is_folder() ? "folder" : "file"});
}

/// The layer of the last time, held by this build so that it stays; one without folders when there is none.
base::Result<ReusableLayer> StageBuilder::find_reusable(CopyWork& work, const snapshot::PreparedRoot& root) {
  ReusableLayer out;
  if (!cache_enabled() || !work.memory || work.remembered.layer.empty() ||
      work.remembered.place != work.place)
    return out;
  if (!TRY(job_.hold_layer(work.remembered.layer))) return out;
  out.folders = TRY(job_.snapshots.lower_dirs({work.remembered.layer}));
  out.memory = &*work.memory;
  out.latest = job_.source_date_epoch;
  if (work.remembered.below != work.below || job_.snapshots.method() != snapshot::Method::Overlay) return out;
  work.base = TRY(job_.snapshots.base_of(work.remembered.layer));
  PatchSize earlier;
  if (work.base.empty()) {
    work.base = work.remembered.layer;
  } else {
    const snapshot::Usage usage = TRY(job_.snapshots.usage(work.remembered.layer));
    earlier = {.entries = usage.entries, .bytes = usage.bytes};
  }
  // Overlayfs takes so many folders.
  constexpr std::size_t kMostFolders = 500;
  out.stays_below = root.lower_dirs.size() + 2 < kMostFolders &&
                    is_worth_a_patch(compare(*work.memory, work.scanned), earlier);
  return out;
}

base::Result<StageBuilder::LayerContent> StageBuilder::write_copy(const Copy& copy, const CopyTarget& target,
                                                                  CopyWork& work,
                                                                  const snapshot::PreparedRoot& root) {
  ReusableLayer reusable = work.place.empty() ? ReusableLayer{} : TRY(find_reusable(work, root));
  CopyOutcome outcome = TRY(fill_layer(copy, target, work, root, reusable));
  if (outcome == CopyOutcome::Changed && reusable.stays_below) {
    // Of a file that went away meanwhile the base would show an earlier version.
    const sys::UniqueFd layer = TRY(sys::open_file(root.layer.fs, O_RDONLY | O_DIRECTORY));
    for (const std::string& name : TRY(sys::list_directory(root.layer.fs)))
      TRY(sys::remove_at(layer.value(), name));
    reusable.stays_below = false;
    outcome = TRY(fill_layer(copy, target, work, root, reusable));
  }
  return LayerContent{.exact = outcome == CopyOutcome::Exact,
                      .base = reusable.stays_below ? work.base : std::string()};
}

base::Result<CopyOutcome> StageBuilder::fill_layer(const Copy& copy, const CopyTarget& target,
                                                   const CopyWork& work, const snapshot::PreparedRoot& root,
                                                   const ReusableLayer& reusable) {
  LayerWriter writer = TRY(LayerWriter::open(root.layer.fs, root.lower_dirs, step_time()));
  std::vector<ScannedSource> without_archives;
  const bool unpacks = copy.is_add && copy.unpack.value_or(true);
  for (std::size_t i = 0; unpacks && i < work.scanned.size(); ++i) {
    if (!TRY(unpack_local_archive(*work.origin.tree, work.scanned[i], target, writer)))
      without_archives.push_back(work.scanned[i]);
  }
  const std::vector<ScannedSource>& plain = unpacks ? without_archives : work.scanned;
  CopyOutcome outcome = CopyOutcome::Exact;
  if (!plain.empty()) {
    outcome = TRY(copy_sources(*work.origin.tree, plain, target, writer,
                               reusable.folders.empty() ? nullptr : &reusable, job_.cancellation));
  }
  for (const CopyWork::Remote& remote : work.remotes) {
    const bool unpacked =
        remote.unpack && TRY(unpack_local_archive(*remote.tree, remote.scanned.front(), target, writer));
    if (!unpacked)
      TRY(copy_sources(*remote.tree, remote.scanned, target, writer, nullptr, job_.cancellation));
  }
  for (const TextFile& text : work.texts) TRY(copy_text(text, target, writer));
  TRY(writer.finish());
  return outcome;
}

base::Result<> StageBuilder::operator()(const Copy& copy) {
  CopyWork work;
  work.sources = TRY(expand_all(copy.sources));
  const CopyTarget target = TRY(copy_target(copy));
  const std::vector<std::string> excludes = TRY(expand_all(copy.excludes));
  work.options = {
      .wildcards = true, .parents = copy.parents, .excludes = TRY(IgnoreRules::from_patterns(excludes))};
  TRY(read_heredocs(copy, work));
  const ShownCopy shown{.sources = work.sources,
                        .target = TRY(expand(copy.target)),
                        .chown = TRY(expand(copy.chown)),
                        .chmod = TRY(expand(copy.chmod))};
  TRY(fetch_remotes(copy, target, work));
  if (!work.sources.empty()) work.origin = TRY(find_origin(copy.from.text, copy.from.span));
  const std::string what = show_copy(copy, shown);
  std::vector<std::string> parts = {state_.key, what, target.path, base::join(excludes, "\n")};
  if (target.owner) parts.push_back(fmt::format("{}:{}", target.owner->uid, target.owner->gid));
  if (target.mode) parts.push_back(shown.chmod);
  if (copy.unpack) parts.push_back(*copy.unpack ? "unpack" : "keep");
  for (const TextFile& text : work.texts) parts.push_back(text.name + "\n" + text.content);

  // Files of a stage or an image cannot change: when both are the same, nothing has to be read.
  std::string cheap_key;
  LayerStep step{.key = {}, .description = what};
  if (!work.origin.key.empty()) {
    std::vector<std::string> cheap = parts;
    cheap.push_back(work.origin.key);
    cheap_key = make_key(cheap);
    const auto key = TRY(find_link(cheap_key, layers_key(work.origin.layers)));
    if (key && cache_enabled()) {
      step.key = *key;
      if (TRY(take_from_cache(step))) {
        job_.exports.note_link(cheap_key, step.key);
        state_.key = step.key;
        add_history(what, true);
        return {};
      }
    }
  }
  if (!work.sources.empty()) {
    TRY(open_source_tree(work.origin));
    TRY(copy_from_tree(copy, target, work));
  }
  parts.push_back(work.checksum);
  for (const CopyWork::Remote& remote : work.remotes)
    parts.push_back(checksum(remote.scanned, Owners::Reset));
  step.key = make_key(parts);
  work.place = copy_place(copy, work);
  work.below = layers_key(state_.layers);
  step.produce = [&](const snapshot::PreparedRoot& root, const std::string&) -> base::Result<LayerContent> {
    if (work.unchanged) TRY(fill_digests(work));
    return write_copy(copy, target, work, root);
  };
  step.committed = [&](const std::string& layer) -> base::Result<> {
    if (!cheap_key.empty()) TRY(record_link(cheap_key, step.key, {&work.origin}));
    return remember_copy(work, layer);
  };
  TRY(run_layer_step(step));
  state_.key = step.key;
  add_history(what, true);
  return {};
}

}  // namespace runtime::build
