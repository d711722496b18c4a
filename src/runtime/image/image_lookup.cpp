// SPDX-License-Identifier: Apache-2.0
// How an image is found by what the user wrote, and what is told about it beside its record.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/suggest.h"
#include "runtime/image/image_store.h"

namespace runtime::image {
namespace {

constexpr std::size_t kShortestPrefix = 4;

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

base::Result<std::optional<std::string>> ImageStore::find_by_name(std::string_view name) {
  const auto reference = model::ImageReference::parse(name);
  if (!reference) return std::optional<std::string>();
  std::optional<std::string> out;
  const auto take = [&](const sys::Row& row) { out = row.text(0); };
  if (reference->digest) {
    TRY(database_.run("SELECT image FROM image_digests WHERE repository = ? AND digest = ?",
                      {reference->registry + "/" + reference->repository, reference->digest->text()}, take));
    // "name@<image id>" names the image too, if it carries that name.
    if (out) return out;
    TRY(database_.run("SELECT id FROM images WHERE id = ?", {reference->digest->text()}, take));
    return out;
  }
  TRY(database_.run("SELECT image FROM image_tags WHERE reference = ?", {reference->canonical_text()}, take));
  return out;
}

base::Result<std::string> ImageStore::find_by_prefix(std::string_view prefix, std::string_view asked) {
  std::vector<std::string> found;
  if (prefix.size() >= kShortestPrefix && prefix.size() <= 64 && is_hex(prefix)) {
    // Half-open range instead of LIKE: it uses the key's order.
    TRY(database_.run("SELECT id FROM images WHERE id >= ? AND id < ? LIMIT 2",
                      {fmt::format("sha256:{}", prefix), fmt::format("sha256:{}g", prefix)},
                      [&](const sys::Row& row) { found.push_back(row.text(0)); }));
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1) {
    return base::fail(
        base::make_error(base::ErrorClass::Conflict, fmt::format("several images begin with {}", asked))
            .with_hint("give more digits of the ID"));
  }
  std::vector<std::string> names;
  TRY(database_.run("SELECT reference FROM image_tags", {}, [&](const sys::Row& row) {
    const auto reference = model::ImageReference::parse(row.text(0));
    if (reference) names.push_back(reference->familiar_text());
  }));
  auto error = base::make_error(base::ErrorClass::NotFound, fmt::format("no such image: {}", asked));
  const std::string near = base::nearest_name(asked, names);
  if (!near.empty()) return base::fail(std::move(error).with_hint(fmt::format("did you mean \"{}\"?", near)));
  return base::fail(std::move(error));
}

base::Result<std::string> ImageStore::find_id(std::string_view image) {
  constexpr std::string_view kAlgorithm = "sha256:";
  if (image.starts_with(kAlgorithm)) return find_by_prefix(image.substr(kAlgorithm.size()), image);
  if (const auto by_name = TRY(find_by_name(image))) return *by_name;
  return find_by_prefix(image, image);
}

base::Result<std::vector<HistoryRow>> ImageStore::history(std::string_view image) {
  const Image found = TRY(find(image));
  std::vector<HistoryRow> out;
  std::size_t layer = 0;
  for (const HistoryEntry& entry : found.config.history) {
    HistoryRow row{entry, "", 0};
    if (!entry.empty_layer && layer < found.layers.size()) {
      row.layer = found.layers[layer++];
      row.size = TRY(size_of({row.layer}));
    }
    out.push_back(std::move(row));
  }
  // Layers the history does not speak of are still shown.
  for (; layer < found.layers.size(); ++layer) {
    HistoryRow row;
    row.layer = found.layers[layer];
    row.size = TRY(size_of({row.layer}));
    out.push_back(std::move(row));
  }
  std::reverse(out.begin(), out.end());
  return out;
}

base::Result<std::vector<DiskUse>> ImageStore::disk_use() {
  std::vector<Image> images;
  std::map<std::string, int> users;
  for (const std::string& id : TRY(list_ids())) {
    auto image = read_image(id);
    if (!image) continue;
    image->layers = TRY(snapshots_.with_bases(image->layers));
    for (const std::string& layer : image->layers) ++users[layer];
    images.push_back(*std::move(image));
  }
  std::vector<DiskUse> out;
  for (const Image& image : images) {
    DiskUse use{image.id, image.tags, 0, 0};
    use.own = TRY(size_of_attestations(image.id));
    for (const std::string& id : image.layers) {
      const auto usage = snapshots_.usage(id);
      // A damaged layer has no size: `check` reports it.
      std::int64_t bytes = usage ? usage->bytes : 0;
      const LayerRecord layer = TRY(this->layer(id));
      for (const auto& kept : {layer.blob, layer.skeleton}) {
        if (kept) bytes += content_.size(*kept).value_or(0);
      }
      (users[id] == 1 ? use.own : use.shared) += bytes;
    }
    out.push_back(std::move(use));
  }
  return out;
}

}  // namespace runtime::image
