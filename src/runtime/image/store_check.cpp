// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/store_check.h"

#include <fcntl.h>

#include <map>
#include <set>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/image/decompress.h"
#include "runtime/image/layer_blob.h"
#include "runtime/image/layer_compare.h"
#include "runtime/image/layer_pipeline.h"
#include "runtime/image/settle_progress.h"
#include "runtime/image/unreadable_images.h"
#include "sys/file.h"
#include "sys/file_lock.h"
#include "sys/sha256.h"

namespace runtime::image {
namespace {

class Checker {
 public:
  Checker(ImageStore& store, CheckDepth depth, CheckAction action, const ImageUsers& users,
          std::chrono::seconds orphan_age)
      : store_(store), depth_(depth), action_(action), users_(users), orphan_age_(orphan_age) {}

  base::Result<CheckReport> run() {
    if (action_ == CheckAction::Repair) {
      for (const std::string& folder : TRY(store_.snapshots().recover()).removed_folders) {
        report_.repairs.push_back(fmt::format("removed the folder {}, which no record spoke of", folder));
      }
    }
    TRY(check_names());
    TRY(check_configs());
    TRY(check_lost());
    TRY(check_blobs());
    TRY(check_attestations());
    TRY(check_layers());
    TRY(check_cached_layers());
    TRY(check_orphans());
    return std::move(report_);
  }

  base::Result<CheckReport> settle(const std::vector<snapshot::Unsettled>& layers, BelowContainers below,
                                   const base::Watcher& watcher) {
    SettleProgress progress(watcher, layers.size());
    guard_ = [&progress] { return progress.go_on(); };
    for (const snapshot::Unsettled& unsettled : layers) {
      TRY(progress.go_on());
      // One that cannot be looked at now keeps its row, and does not keep the others from being looked at.
      const auto settled = settle_one(unsettled, below);
      progress.end_layer();
      if (settled) continue;
      if (settled.error().error_class == base::ErrorClass::Cancelled) return base::fail(settled.error());
      report_.problems.push_back(
          fmt::format("layer {} could not be looked at: {}", unsettled.layer, settled.error().message));
    }
    return std::move(report_);
  }

 private:
  base::Result<> settle_one(const snapshot::Unsettled& unsettled, BelowContainers below) {
    const bool whole = TRY(store_.snapshots().settling().is_whole(unsettled));
    const LayerRecord layer = TRY(settle_blobs(TRY(store_.layer(unsettled.layer))));
    if (whole) return store_.snapshots().settling().settle(unsettled.layer);
    report_.problems.push_back(fmt::format(
        "layer {} has lost files, as the machine stopped before they were on disk", layer.snapshot));
    // What is mended is new, what is forgotten has no row, and what stays has to be looked at again.
    return mend(layer, below);
  }

  bool repairs() const { return action_ == CheckAction::Repair; }

  base::Result<> check_names() {
    std::vector<std::string> lost;
    TRY(store_.database().run("SELECT reference FROM image_tags WHERE image NOT IN (SELECT id FROM images)",
                              {}, [&](const sys::Row& row) { lost.push_back(row.text(0)); }));
    for (const std::string& name : lost) {
      report_.problems.push_back(fmt::format("the name {} points at an image that is not there", name));
      if (!repairs()) continue;
      TRY(store_.database().run("DELETE FROM image_tags WHERE reference = ?", {name}));
      report_.repairs.push_back(fmt::format("took the name {} away", name));
    }
    std::vector<std::string> holders;
    TRY(store_.database().run(
        "SELECT DISTINCT holder FROM snapshot_holds WHERE holder >= 'image:' AND holder < 'image;' "
        "AND substr(holder, 7) NOT IN (SELECT id FROM images)",
        {}, [&](const sys::Row& row) { holders.push_back(row.text(0)); }));
    for (const std::string& holder : holders) {
      report_.problems.push_back(fmt::format("layers are held for {}, which is not there", holder));
      if (!repairs()) continue;
      TRY(store_.snapshots().remove_unheld(TRY(store_.snapshots().release(holder))));
      report_.repairs.push_back(fmt::format("let go of the layers of {}", holder));
    }
    return {};
  }

  base::Result<> check_configs() {
    for (const UnreadableImage& image : TRY(find_unreadable_images(store_.database()))) {
      report_.problems.push_back(fmt::format("image {} cannot be read: {}", image.id, image.reason));
      const auto containers = users_ ? TRY(users_(image.id)) : std::vector<std::string>();
      if (!containers.empty()) stays_for(containers);
      if (containers.empty() && repairs()) TRY(take_image_away(image.id));
    }
    return {};
  }

  void stays_for(const std::vector<std::string>& containers) {
    report_.problems.back() +=
        fmt::format("; it stays while containers are made of it: {}", base::join(containers, ", "));
  }

  /// A removal that was killed half-way.
  base::Result<> check_lost() {
    std::int64_t lost = 0;
    TRY(store_.database().run(
        "SELECT count(*) FROM image_layer_content WHERE snapshot NOT IN (SELECT id FROM snapshots)", {},
        [&](const sys::Row& row) { lost = row.integer(0); }));
    if (lost == 0) return {};
    report_.problems.push_back(fmt::format("{} layers are known that are gone", lost));
    if (!repairs()) return {};
    TRY(store_.forget_lost_layers());
    report_.repairs.push_back("forgot them, and their blobs");
    return {};
  }

  base::Result<std::vector<LayerRecord>> records() {
    std::vector<std::string> snapshots;
    TRY(store_.database().run("SELECT DISTINCT snapshot FROM image_layers", {},
                              [&](const sys::Row& row) { snapshots.push_back(row.text(0)); }));
    std::vector<LayerRecord> out;
    for (const std::string& snapshot : TRY(store_.snapshots().with_bases(snapshots))) {
      // Bases first: what is wrong with one is not told again of those that need it.
      const bool is_base = !TRY(store_.snapshots().patches_of(snapshot)).empty();
      out.insert(is_base ? out.begin() : out.end(), TRY(store_.layer(snapshot)));
    }
    return out;
  }

  base::Result<bool> is_sound(const model::Digest& blob) {
    if (!store_.content().contains(blob)) return false;
    return depth_ == CheckDepth::Records ? true : store_.content().verify(blob, guard_);
  }

  base::Result<> check_blobs() {
    for (LayerRecord layer : TRY(records())) {
      for (auto* blob : {&layer.blob, &layer.skeleton}) {
        if (!*blob || TRY(is_sound(**blob))) continue;
        report_.problems.push_back(fmt::format("the blob {} of layer {} is {}", (*blob)->text(),
                                               layer.snapshot,
                                               store_.content().contains(**blob) ? "damaged" : "lost"));
        if (!repairs()) continue;
        TRY(store_.content().remove(**blob));
        report_.repairs.push_back(
            fmt::format("forgot the blob {}: it is made again when it is needed", (*blob)->text()));
        blob->reset();
        TRY(store_.record_layer(layer));
      }
    }
    return {};
  }

  /// Statements have no other source: without one of them the others go too, so that a push does not pretend.
  base::Result<> check_attestations() {
    std::map<std::string, std::vector<model::Digest>> faults;
    std::vector<std::pair<std::string, std::string>> rows;
    TRY(store_.database().run("SELECT image, blob FROM image_attestations ORDER BY image, position", {},
                              [&](const sys::Row& row) { rows.emplace_back(row.text(0), row.text(1)); }));
    for (const auto& [image, text] : rows) {
      const model::Digest blob = TRY(model::Digest::parse(text));
      if (TRY(is_sound(blob))) continue;
      faults[image].push_back(blob);
      report_.problems.push_back(fmt::format("the statement {} about image {} is {}", text, image,
                                             store_.content().contains(blob) ? "damaged" : "lost"));
    }
    for (const auto& [image, blobs] : faults) {
      if (!repairs()) continue;
      for (const model::Digest& blob : blobs) TRY(store_.content().remove(blob));
      TRY(store_.attest(image, {}));
      report_.repairs.push_back(fmt::format("forgot what is attested of image {}: build it again", image));
    }
    return {};
  }

  base::Result<> check_layers() {
    for (const LayerRecord& layer : TRY(records())) {
      if (forgotten_.contains(layer.snapshot)) continue;
      const std::string why = TRY(fault_of(layer));
      if (why.empty()) continue;
      report_.problems.push_back(fmt::format("layer {} {}", layer.snapshot, why));
      TRY(mend(layer, BelowContainers::Leave));
    }
    return {};
  }

  /// The layer that the last problem is about.
  base::Result<> mend(const LayerRecord& layer, BelowContainers below) {
    const auto containers = TRY(containers_on(layer.snapshot));
    const bool may_restore = repairs() && (containers.empty() || below == BelowContainers::Restore);
    if (may_restore && layer.blob && TRY(is_sound(*layer.blob)) && TRY(restore(layer))) return {};
    // What a container has written would be worth nothing without what is below.
    if (!containers.empty()) {
      stays_for(containers);
      return {};
    }
    if (!repairs()) return {};
    for (std::string& patch : TRY(store_.snapshots().patches_of(layer.snapshot)))
      forgotten_.insert(std::move(patch));
    TRY(take_images_away(layer.snapshot));
    // Whoever still holds it finds it gone; the build cache then makes it again.
    return store_.snapshots().forget(layer.snapshot);
  }

  /// A blob that is not whole is forgotten, and made or fetched again when it is needed.
  base::Result<LayerRecord> settle_blobs(LayerRecord layer) {
    const bool keep_blob = !layer.blob || store_.content().size(*layer.blob) == layer.blob_size;
    const bool keep_skeleton = !layer.skeleton || TRY(is_sound(*layer.skeleton));
    if (keep_blob && keep_skeleton) return layer;
    for (auto* blob : {keep_blob ? nullptr : &layer.blob, keep_skeleton ? nullptr : &layer.skeleton}) {
      if (blob == nullptr) continue;
      TRY(store_.content().remove(**blob));
      blob->reset();
    }
    TRY(store_.record_layer(layer));
    return layer;
  }

  /// Layers that only the build cache holds: a build would take them for a result.
  base::Result<> check_cached_layers() {
    std::vector<std::string> held;
    TRY(store_.database().run(
        "SELECT DISTINCT snapshot FROM snapshot_holds WHERE holder >= 'build:' AND holder < 'build;' "
        "AND snapshot NOT IN (SELECT snapshot FROM image_layers)",
        {}, [&](const sys::Row& row) { held.push_back(row.text(0)); }));
    std::vector<std::string> judged;
    for (const LayerRecord& layer : TRY(records())) judged.push_back(layer.snapshot);
    const std::set<std::string> of_images(judged.begin(), judged.end());
    for (const std::string& snapshot : TRY(store_.snapshots().with_bases(held))) {
      // What an image needs, if only as a base, was looked at as such.
      if (of_images.contains(snapshot)) continue;
      const bool is_there = sys::path_exists(store_.snapshots().fs_path(snapshot));
      const bool looks_inside = is_there && depth_ == CheckDepth::Content;
      if (looks_inside ? TRY(store_.snapshots().has_shape(snapshot)) : is_there) continue;
      report_.problems.push_back(fmt::format("layer {} of the build cache has lost {}", snapshot,
                                             is_there ? "files, or their content" : "its folder"));
      if (!repairs()) continue;
      TRY(store_.snapshots().forget(snapshot));
      report_.repairs.push_back(fmt::format("took layer {} out of the build cache", snapshot));
    }
    return {};
  }

  /// "" when there is nothing wrong with it.
  base::Result<std::string> fault_of(const LayerRecord& layer) {
    snapshot::SnapshotStore& snapshots = store_.snapshots();
    if (!snapshots.is_committed(layer.snapshot)) return std::string("is not recorded as committed");
    if (!sys::path_exists(snapshots.fs_path(layer.snapshot))) return std::string("has lost its folder");
    if (depth_ != CheckDepth::Content) return std::string();
    if (!layer.diff_id || (!layer.skeleton && !layer.blob)) {
      // All that is known of a layer that was built here and never packed.
      const bool is_whole = TRY(snapshots.has_shape(layer.snapshot));
      return is_whole ? std::string() : std::string("has lost files, or their content");
    }
    if (!layer.skeleton) return difference_from_blob(layer);
    // The skeleton and the files together must give the very tar that came.
    LayerRecord from_files = layer;
    from_files.blob.reset();
    sys::Sha256 hash;
    const auto written = write_diff(store_, from_files, [&](std::string_view data) -> base::Result<> {
      hash.update(data);
      return {};
    });
    if (written && hash.finish_hex() == layer.diff_id->hex()) return std::string();
    if (written) return std::string("does not match its digest");
    // That a file could not be read now says nothing about the layer.
    const base::Error& error = written.error();
    const bool is_damage = error.error_class == base::ErrorClass::NotFound || error.errno_value == 0;
    if (!is_damage || error.error_class == base::ErrorClass::Internal) return base::fail(error);
    return "is damaged: " + error.message;
  }

  base::Result<std::string> difference_from_blob(const LayerRecord& layer) {
    if (!TRY(is_sound(*layer.blob))) return std::string();  // Told of already, and nothing to compare with.
    const sys::UniqueFd root = TRY(store_.snapshots().open_layer(layer.snapshot));
    const sys::UniqueFd fd = TRY(store_.content().open(*layer.blob));
    FdChunks input(fd.value());
    SniffedChunks sniffed(input);
    const auto decoder = TRY(make_decompressor(TRY(sniffed.sniff()), sniffed));
    BufferedChunks tar(*decoder);
    const std::string difference = TRY(find_difference(tar, root.value()));
    return difference.empty() ? std::string() : "is damaged: " + difference;
  }

  base::Result<bool> restore(const LayerRecord& layer) {
    const sys::UniqueFd fd = TRY(store_.content().open(*layer.blob));
    FdChunks whole(fd.value());
    GuardedChunks chunks(whole, guard_);
    const auto unpacked = unpack_layer(store_.snapshots(), chunks, layer.diff_id, nullptr);
    if (!unpacked && unpacked.error().error_class == base::ErrorClass::Invalid) return false;
    TRY(unpacked);
    TRY(store_.snapshots().restore(layer.snapshot, unpacked->snapshot));
    report_.repairs.push_back(fmt::format("unpacked layer {} again", layer.snapshot));
    return true;
  }

  base::Result<std::vector<std::string>> images_of(const std::string& snapshot) {
    std::set<std::string> images;
    std::vector<std::string> layers = TRY(store_.snapshots().patches_of(snapshot));
    layers.push_back(snapshot);
    for (const std::string& layer : layers) {
      TRY(store_.database().run("SELECT image FROM image_layers WHERE snapshot = ?", {layer},
                                [&](const sys::Row& row) { images.insert(row.text(0)); }));
    }
    return std::vector<std::string>(images.begin(), images.end());
  }

  base::Result<std::vector<std::string>> containers_on(const std::string& snapshot) {
    std::vector<std::string> out;
    if (!users_) return out;
    for (const std::string& image : TRY(images_of(snapshot))) {
      for (std::string& container : TRY(users_(image))) out.push_back(std::move(container));
    }
    return out;
  }

  base::Result<> take_images_away(const std::string& snapshot) {
    for (const std::string& image : TRY(images_of(snapshot))) TRY(take_image_away(image));
    return {};
  }

  base::Result<> take_image_away(const std::string& image) {
    const Removal removal = TRY(store_.remove(image, RemoveMode::Force, {}));
    std::string names;
    for (const std::string& name : removal.untagged) names += " " + name;
    report_.repairs.push_back(fmt::format("removed image {}{}: it cannot be mended here", image, names));
    return {};
  }

  base::Result<> check_orphans() {
    for (const model::Digest& digest : TRY(store_.find_orphans(orphan_age_))) {
      report_.problems.push_back(fmt::format("nobody speaks of the blob {}", digest.text()));
      if (!repairs()) continue;
      TRY(store_.content().remove(digest));
      report_.repairs.push_back(fmt::format("removed the blob {}", digest.text()));
    }
    if (repairs() && TRY(store_.content().sweep()) > 0)
      report_.repairs.push_back("removed unfinished blobs of processes that are gone");
    return {};
  }

  ImageStore& store_;
  CheckDepth depth_;
  CheckAction action_;
  const ImageUsers& users_;
  std::chrono::seconds orphan_age_;
  std::function<base::Result<>()> guard_ = [] { return base::Result<>(); };  ///< Asked while much is read.
  CheckReport report_;
  std::set<std::string> forgotten_;  ///< Layers that went with their base.
};

}  // namespace

base::Result<CheckReport> settle_store(ImageStore& store, const ImageUsers& users, BelowContainers below,
                                       const base::Watcher& watcher) {
  snapshot::Settling& settling = store.snapshots().settling();
  if (TRY(settling.find()).empty()) {
    TRY(settling.settle_in_background());
    return CheckReport{};
  }
  // Others that start now wait: nobody may use what has not been looked at.
  const sys::UniqueFd alone = TRY(
      sys::lock_file(store.data_root() + "/settling.lock", sys::LockKind::Exclusive, watcher.cancellation));
  return Checker(store, CheckDepth::Content, CheckAction::Repair, users, kOrphanAge)
      .settle(TRY(settling.find()), below, watcher);
}

base::Result<CheckReport> check_store(ImageStore& store, CheckDepth depth, CheckAction action,
                                      const ImageUsers& users, std::chrono::seconds orphan_age) {
  return Checker(store, depth, action, users, orphan_age).run();
}

}  // namespace runtime::image
