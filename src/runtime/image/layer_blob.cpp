// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/layer_blob.h"

#include "runtime/image/compress.h"
#include "runtime/image/decompress.h"
#include "runtime/image/layer_tar.h"
#include "runtime/image/skeleton.h"
#include "runtime/registry/manifest.h"
#include "sys/file.h"
#include "sys/sha256.h"

namespace runtime::image {
namespace {

bool has_blob(ImageStore& store, const LayerRecord& layer) {
  return layer.blob && store.content().contains(*layer.blob);
}

base::Result<> inflate_blob(ImageStore& store, const model::Digest& blob, const ByteSink& sink) {
  const sys::UniqueFd fd = TRY(store.content().open(blob));
  FdChunks input(fd.value());
  SniffedChunks sniffed(input);
  const Compression compression = TRY(sniffed.sniff());
  const auto decoder = TRY(make_decompressor(compression, sniffed));
  BufferedChunks chunks(*decoder);
  while (true) {
    const std::string_view data = TRY(chunks.next());
    if (data.empty()) return {};
    TRY(sink(data));
  }
}

}  // namespace

base::Result<> write_diff(ImageStore& store, const LayerRecord& layer, const ByteSink& sink) {
  if (has_blob(store, layer)) return inflate_blob(store, *layer.blob, sink);
  const sys::UniqueFd root = TRY(store.snapshots().open_layer(layer.snapshot));
  if (layer.skeleton && store.content().contains(*layer.skeleton)) {
    const sys::UniqueFd skeleton = TRY(store.content().open(*layer.skeleton));
    return replay_skeleton(skeleton.value(), root.value(), sink);
  }
  TarWriter writer(sink);
  return write_layer_tar(root.value(), writer);
}

base::Result<LayerRecord> with_diff_id(ImageStore& store, const LayerRecord& layer,
                                       const base::Cancellation& cancellation) {
  if (layer.diff_id) return layer;
  const sys::UniqueFd turn =
      TRY(store.lock_work(model::Digest::from_sha256_hex(layer.snapshot), cancellation));
  LayerRecord out = TRY(store.layer(layer.snapshot));
  if (out.diff_id) return out;
  sys::Sha256 hash;
  TRY(write_diff(store, out, [&](std::string_view data) -> base::Result<> {
    hash.update(data);
    return {};
  }));
  out.diff_id = model::Digest::from_sha256_hex(hash.finish_hex());
  TRY(store.record_layer(out));
  return out;
}

base::Result<LayerRecord> with_blob(ImageStore& store, const LayerRecord& layer,
                                    const base::Cancellation& cancellation) {
  if (layer.diff_id && has_blob(store, layer)) return layer;
  const sys::UniqueFd turn =
      TRY(store.lock_work(model::Digest::from_sha256_hex(layer.snapshot), cancellation));
  LayerRecord out = TRY(store.layer(layer.snapshot));
  if (out.diff_id && has_blob(store, out)) return out;
  Ingest ingest = TRY(store.content().ingest());
  sys::Sha256 hash;
  GzipWriter gzip([&](std::string_view data) { return ingest.write(data); });
  TRY(write_diff(store, out, [&](std::string_view data) {
    hash.update(data);
    return gzip.write(data);
  }));
  TRY(gzip.finish());
  out.blob_size = ingest.size();
  out.blob = TRY(ingest.commit(std::nullopt));
  out.media_type = registry::media_type::kOciLayerGzip;
  // What the tar really is: a layer that cannot be made again as it came becomes another one here.
  out.diff_id = model::Digest::from_sha256_hex(hash.finish_hex());
  TRY(store.record_layer(out));
  return out;
}

base::Result<std::string> config_with_layers(const Image& image, const std::vector<LayerRecord>& layers) {
  std::vector<model::Digest> diff_ids;
  for (const LayerRecord& layer : layers) diff_ids.push_back(*layer.diff_id);
  if (TRY(parse_image_config(image.config_json)).diff_ids == diff_ids) return image.config_json;
  return encode_image_config(image.config, diff_ids);
}

}  // namespace runtime::image
