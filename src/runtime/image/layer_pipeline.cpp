// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/layer_pipeline.h"

#include <fcntl.h>

#include <thread>

#include <fmt/format.h>

#include "runtime/image/byte_pipe.h"
#include "sys/file.h"
#include "sys/sha256.h"

namespace runtime::image {
namespace {

/// Fills the pipe with the tar behind `input`.
base::Result<> inflate_into(BytePipe& pipe, ChunkSource& input, ExpansionLimit limit) {
  SniffedChunks sniffed(input);
  const Compression compression = TRY(sniffed.sniff());
  const auto decoder = TRY(make_decompressor(compression, sniffed, limit));
  while (true) {
    const std::span<char> room = TRY(pipe.reserve());
    const std::size_t count = TRY(decoder->read(room));
    if (count == 0) return {};
    pipe.publish(count);
  }
}

base::Result<model::Digest> digest_of(BytePipe& pipe, std::size_t consumer) {
  PipeReader reader(pipe, consumer);
  sys::Sha256 hash;
  while (true) {
    const std::string_view data = TRY(reader.next());
    if (data.empty()) return model::Digest::from_sha256_hex(hash.finish_hex());
    hash.update(data);
  }
}

struct Outcome {
  UnpackStats stats;
  model::Digest diff_id;
};

base::Result<Outcome> run_pipeline(ChunkSource& input, int root, SkeletonWriter* skeleton,
                                   ExpansionLimit limit) {
  constexpr std::size_t kDigest = 0, kUnpack = 1;
  BytePipe pipe(2);
  base::Result<> inflated;
  base::Result<model::Digest> digest = base::fail(base::ErrorClass::Internal, "not digested");
  base::Result<UnpackStats> stats;
  {
    const std::jthread inflating([&] {
      inflated = inflate_into(pipe, input, limit);
      pipe.finish(inflated);
    });
    const std::jthread digesting([&] { digest = digest_of(pipe, kDigest); });
    PipeReader reader(pipe, kUnpack);
    stats = unpack_tar(reader, root, skeleton);
  }
  // The unpacker's own failure comes first: it makes the others end as Cancelled.
  return Outcome{TRY(std::move(stats)), TRY(std::move(digest))};
}

}  // namespace

base::Result<UnpackedLayer> unpack_layer(snapshot::SnapshotStore& snapshots, ChunkSource& input,
                                         const std::optional<model::Digest>& expected,
                                         ContentStore* skeletons, ExpansionLimit limit) {
  const snapshot::WritableLayer layer = TRY(snapshots.prepare(snapshot::Lifetime::Process));
  std::optional<SkeletonWriter> skeleton;
  std::optional<model::Digest> stored;
  auto outcome = [&]() -> base::Result<Outcome> {
    if (skeletons != nullptr) skeleton.emplace(TRY(skeletons->ingest()));
    const sys::UniqueFd root = TRY(sys::open_file(layer.fs, O_RDONLY | O_DIRECTORY));
    Outcome done = TRY(run_pipeline(input, root.value(), skeleton ? &*skeleton : nullptr, limit));
    if (expected && *expected != done.diff_id) {
      return base::fail(base::ErrorClass::Invalid, fmt::format("the layer's digest is {}, expected {}",
                                                               done.diff_id.text(), expected->text()));
    }
    if (skeleton && !skeleton->spoiled()) stored = TRY(skeleton->finish());
    return done;
  }();
  if (!outcome) {
    static_cast<void>(snapshots.remove(layer.id));
    return base::fail(std::move(outcome).error());
  }
  return UnpackedLayer{layer.id, outcome->diff_id, std::move(outcome->stats), stored};
}

}  // namespace runtime::image
