// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/layer_install.h"

#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "sys/file.h"
#include "sys/sha256.h"

namespace runtime::image {
namespace {

/// What became of one diff ID of the image.
struct Work {
  const LayerJob* job = nullptr;
  sys::UniqueFd lock;  ///< Held from before the fetch until the commit.
  std::optional<LayerRecord> known;
  std::optional<base::Result<FetchedLayer>> fetched;
};

class Installer {
 public:
  Installer(ImageStore& store, Arrival& arrival, const base::Cancellation& cancellation)
      : store_(store), arrival_(arrival), cancellation_(cancellation) {}

  base::Result<std::vector<LayerRecord>> run(const std::vector<LayerJob>& jobs, std::size_t parallel) {
    for (const LayerJob& job : jobs) work_[job.diff_id].job = &job;
    TRY(find_known());
    // Sorted by digest in every process, so that two of them cannot wait for each other.
    for (auto& [diff_id, work] : work_) {
      if (!work.known) work.lock = TRY(store_.lock_work(diff_id, cancellation_));
    }
    TRY(find_known());
    fetch_missing(jobs, parallel);
    auto records = commit_in_order(jobs);
    if (!records) remove_fetched(records.error());
    return records;
  }

 private:
  base::Result<> find_known() {
    for (auto& [diff_id, work] : work_) {
      if (work.known) continue;
      auto found = TRY(store_.find_layer(diff_id));
      // Between the look and the hold another process may have removed it: then it is not known.
      if (!found || !arrival_.hold(found->snapshot)) continue;
      work.known = std::move(found);
      work.lock.reset();
      if (work.job->exists) work.job->exists();
    }
    return {};
  }

  /// Bottom first, several at a time; the first failure keeps the rest from being begun.
  void fetch_missing(const std::vector<LayerJob>& jobs, std::size_t parallel) {
    std::vector<Work*> missing;
    for (const LayerJob& job : jobs) {
      Work& work = work_[job.diff_id];
      if (!work.known && std::find(missing.begin(), missing.end(), &work) == missing.end())
        missing.push_back(&work);
    }
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};
    const auto take_turns = [&] {
      for (std::size_t i = next++; i < missing.size() && !failed; i = next++) {
        missing[i]->fetched.emplace(missing[i]->job->fetch());
        if (!*missing[i]->fetched) failed = true;
      }
    };
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < std::min(parallel, missing.size()); ++i) threads.emplace_back(take_turns);
    take_turns();
  }

  base::Result<std::vector<LayerRecord>> commit_in_order(const std::vector<LayerJob>& jobs) {
    for (auto& [diff_id, work] : work_) {
      if (work.fetched && !*work.fetched) return base::fail(work.fetched->error());
    }
    std::vector<LayerRecord> out;
    std::vector<std::string> lower;
    for (const LayerJob& job : jobs) {
      Work& work = work_[job.diff_id];
      if (!work.known) work.known = TRY(commit(**work.fetched, lower));
      work.lock.reset();
      lower.push_back(work.known->snapshot);
      out.push_back(*work.known);
    }
    return out;
  }

  base::Result<LayerRecord> commit(const FetchedLayer& layer, const std::vector<std::string>& lower) {
    snapshot::SnapshotStore& snapshots = store_.snapshots();
    const UnpackedLayer& unpacked = layer.unpacked;
    if (!unpacked.stats.implied_folders.empty()) {
      const sys::UniqueFd root =
          TRY(sys::open_file(snapshots.fs_path(unpacked.snapshot), O_RDONLY | O_DIRECTORY));
      TRY(adopt_folders(root.value(), unpacked.stats.implied_folders, TRY(snapshots.lower_dirs(lower))));
    }
    TRY(snapshots.commit(unpacked.snapshot));
    TRY(arrival_.hold(unpacked.snapshot));
    LayerRecord record;
    record.snapshot = unpacked.snapshot;
    record.diff_id = unpacked.diff_id;
    record.blob = layer.blob.digest;
    record.media_type = layer.blob.media_type;
    record.blob_size = layer.blob.size;
    record.skeleton = unpacked.skeleton;
    TRY(store_.record_layer(record));
    return record;
  }

  void remove_fetched(const base::Error& why) {
    for (auto& [diff_id, work] : work_) {
      if (work.known || !work.fetched || !*work.fetched) continue;
      const FetchedLayer& layer = **work.fetched;
      static_cast<void>(store_.snapshots().remove(layer.unpacked.snapshot));
      if (layer.unpacked.skeleton) static_cast<void>(store_.remove_unused_blob(*layer.unpacked.skeleton));
      // The next pull goes on with whole blobs, too; but a full disk needs the room now.
      if (layer.blob.digest && why.error_class == base::ErrorClass::Io)
        static_cast<void>(store_.remove_unused_blob(*layer.blob.digest));
    }
  }

  ImageStore& store_;
  Arrival& arrival_;
  const base::Cancellation& cancellation_;
  std::map<model::Digest, Work> work_;
};

}  // namespace

Arrival::Arrival(ImageStore& store)
    : store_(store), holder_(snapshot::SnapshotStore::process_holder("arrival-" + sys::random_hex(8))) {}

Arrival::~Arrival() {
  // A failure here leaves the layers to recover(), which knows this holder's process.
  const auto free = store_.snapshots().release(holder_);
  if (!free || free->empty()) return;
  static_cast<void>(store_.snapshots().remove_unheld(*free));
  static_cast<void>(store_.forget_lost_layers());
}

base::Result<> Arrival::hold(const std::string& snapshot) {
  return store_.snapshots().hold(snapshot, holder_);
}

base::Result<std::vector<LayerRecord>> install_layers(ImageStore& store, Arrival& arrival,
                                                      const std::vector<LayerJob>& jobs, std::size_t parallel,
                                                      const base::Cancellation& cancellation) {
  return Installer(store, arrival, cancellation).run(jobs, parallel);
}

}  // namespace runtime::image
