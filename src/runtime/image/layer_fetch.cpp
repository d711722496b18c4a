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

}  // namespace

base::Result<FetchedLayer> fetch_layer(ImageStore& store, Repository& repository,
                                       const registry::Descriptor& blob, const model::Digest& diff_id,
                                       const ProgressSink& progress) {
  if (store.content().contains(blob.digest)) {
    // Left by a pull that broke off. A damaged one is fetched again.
    auto unpacked = unpack_stored(store, blob, diff_id);
    if (unpacked) return FetchedLayer{*std::move(unpacked), {blob.digest, blob.media_type, blob.size}};
    TRY(store.content().remove(blob.digest));
  }
  const auto tell = [&](Progress::State state, std::int64_t current) {
    if (progress) progress({state, blob.digest.short_hex(), current, blob.size});
  };
  Ingest ingest = TRY(store.content().ingest(Digesting::BySource));
  BytePipe pipe(1);
  std::int64_t count = 0;
  const registry::BlobSink sink = [&](std::string_view data) -> base::Result<> {
    TRY(ingest.write(data));
    TRY(pipe.write(data));
    count += std::ssize(data);
    tell(Progress::State::Downloading, count);
    return {};
  };
  base::Result<UnpackedLayer> unpacked = base::fail(base::ErrorClass::Internal, "not unpacked");
  {
    const std::jthread receiving([&] { pipe.finish(repository.fetch_blob(blob, sink)); });
    PipeReader reader(pipe, 0);
    unpacked = unpack_layer(store.snapshots(), reader, diff_id, nullptr);
  }
  // The unpacker that stops first makes the receiver end as Cancelled, so its own reason counts.
  if (!unpacked)
    return base::fail(
        std::move(unpacked).error().while_doing(fmt::format("pulling layer {}", blob.digest.text())));
  const auto stored = ingest.commit(blob.digest);
  if (!stored) {
    static_cast<void>(store.snapshots().remove(unpacked->snapshot));
    return base::fail(stored.error());
  }
  tell(Progress::State::Done, blob.size);
  return FetchedLayer{*std::move(unpacked), {blob.digest, blob.media_type, blob.size}};
}

}  // namespace runtime::image
