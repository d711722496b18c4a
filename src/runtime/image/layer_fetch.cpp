// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/layer_fetch.h"

#include <thread>

#include <fmt/format.h>

#include "runtime/image/byte_pipe.h"
#include "runtime/image/digest_chunks.h"

namespace runtime::image {
namespace {

base::Result<UnpackedLayer> unpack_stored(ImageStore& store, const registry::Descriptor& blob,
                                          const model::Digest& diff_id) {
  const sys::UniqueFd fd = TRY(store.content().open(blob.digest));
  FdChunks chunks(fd.value());
  VerifiedChunks verified(chunks, blob.digest, blob.size);
  return unpack_layer(store.snapshots(), verified, diff_id, nullptr);
}

/// One layer's way in: receiving (and digesting what is received) is one thread, the unpacker's pipeline the
/// others.
class Fetch {
 public:
  Fetch(ImageStore& store, Repository& repository, const registry::Descriptor& blob,
        const model::Digest& diff_id, const ProgressSink& progress)
      : store_(store), repository_(repository), blob_(blob), diff_id_(diff_id), progress_(progress) {}

  base::Result<FetchedLayer> run() {
    Ingest ingest = TRY(store_.content().resume(blob_.digest, blob_.size));
    const bool resumed = ingest.size() > 0;
    auto unpacked = unpack_arriving(ingest);
    if (!unpacked && resumed && unpacked.error().error_class == base::ErrorClass::Invalid) {
      // What was there may be what is wrong: the machine may have stopped before it reached the disk.
      TRY(ingest.restart());
      unpacked = unpack_arriving(ingest);
    }
    if (!unpacked) {
      if (may_go_on_later(unpacked.error())) ingest.keep();
      return base::fail(
          std::move(unpacked).error().while_doing(fmt::format("pulling layer {}", blob_.digest.text())));
    }
    const auto stored = ingest.commit(blob_.digest);
    if (!stored) {
      static_cast<void>(store_.snapshots().remove(unpacked->snapshot));
      return base::fail(stored.error());
    }
    tell(Progress::State::Done, blob_.size);
    return FetchedLayer{*std::move(unpacked), {blob_.digest, blob_.media_type, blob_.size}};
  }

 private:
  static bool may_go_on_later(const base::Error& error) {
    return error.error_class == base::ErrorClass::Unavailable ||
           error.error_class == base::ErrorClass::TimedOut ||
           error.error_class == base::ErrorClass::Cancelled;
  }

  base::Result<UnpackedLayer> unpack_arriving(Ingest& ingest) {
    BytePipe pipe(1);
    base::Result<UnpackedLayer> unpacked = base::fail(base::ErrorClass::Internal, "not unpacked");
    {
      const std::jthread receiving([&] { pipe.finish(receive(ingest, pipe)); });
      PipeReader reader(pipe, 0);
      unpacked = unpack_layer(store_.snapshots(), reader, diff_id_, nullptr);
    }
    // The unpacker that stops first makes the receiver end as Cancelled, so its own reason counts.
    return unpacked;
  }

  base::Result<> receive(Ingest& ingest, BytePipe& pipe) {
    registry::BlobPrefix prefix;
    TRY(ingest.replay([&](std::string_view data) -> base::Result<> {
      prefix.hash.update(data);
      prefix.size += std::ssize(data);
      return pipe.write(data);
    }));
    return repository_.fetch_blob(
        blob_,
        [&](std::string_view data) -> base::Result<> {
          TRY(ingest.write(data));
          TRY(pipe.write(data));
          tell(Progress::State::Downloading, ingest.size());
          return {};
        },
        std::move(prefix));
  }

  void tell(Progress::State state, std::int64_t current) const {
    if (progress_) progress_({state, blob_.digest.short_hex(), current, blob_.size});
  }

  ImageStore& store_;
  Repository& repository_;
  const registry::Descriptor& blob_;
  const model::Digest& diff_id_;
  const ProgressSink& progress_;
};

}  // namespace

base::Result<FetchedLayer> fetch_layer(ImageStore& store, Repository& repository,
                                       const registry::Descriptor& blob, const model::Digest& diff_id,
                                       const ProgressSink& progress) {
  if (store.content().contains(blob.digest)) {
    // Left by a pull that broke off, or another image's.
    auto unpacked = unpack_stored(store, blob, diff_id);
    if (unpacked) return FetchedLayer{*std::move(unpacked), {blob.digest, blob.media_type, blob.size}};
    if (TRY(store.content().verify(blob.digest))) {
      return base::fail(
          std::move(unpacked).error().while_doing(fmt::format("unpacking layer {}", blob.digest.text())));
    }
    // A damaged one is fetched again.
    TRY(store.content().remove(blob.digest));
  }
  return Fetch(store, repository, blob, diff_id, progress).run();
}

}  // namespace runtime::image
