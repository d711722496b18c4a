// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "runtime/image/archive_index.h"
#include "runtime/image/image_archive.h"
#include "runtime/image/image_store.h"
#include "support/tar_builder.h"
#include "support/temporary_folder.h"
#include "sys/sha256.h"

namespace test {

/// An image store on a data root of its own.
struct ImageFixture {
  TemporaryFolder folder;
  std::unique_ptr<sys::Database> database = sys::Database::open(folder.path + "/state.db").value();
  std::unique_ptr<runtime::snapshot::SnapshotStore> snapshots =
      runtime::snapshot::SnapshotStore::open(*database, folder.path).value();
  std::unique_ptr<runtime::image::ImageStore> images =
      runtime::image::ImageStore::open(*database, *snapshots, folder.path).value();

  ~ImageFixture() { snapshots->wait_for_trash(); }

  /// A descriptor on a file with this content.
  sys::UniqueFd file(std::string_view content) const {
    sys::UniqueFd fd = sys::make_unnamed_file(folder.path).value();
    if (!sys::write_all(fd.value(), content) || ::lseek(fd.value(), 0, SEEK_SET) != 0) std::abort();
    return fd;
  }
  base::Result<std::string> import(std::string_view tar, const runtime::image::ImportRequest& request) const {
    return runtime::image::import_root(*images, file(tar).value(), request);
  }
  base::Result<std::vector<std::string>> load(std::string_view archive) const {
    return runtime::image::load_archive(*images, file(archive).value(), {});
  }
  /// A file of the layer that lies `from_top` below the image's top.
  std::string path_in(std::string_view image, std::size_t from_top, const std::string& path) const {
    const auto layers = images->find(image).value().layers;
    return snapshots->fs_path(layers.at(layers.size() - 1 - from_top)) + "/" + path;
  }
  /// Folders under snapshots/.
  std::vector<std::string> layer_folders() const {
    auto names = sys::list_directory(folder.path + "/snapshots").value();
    std::erase_if(names, [](const std::string& name) { return name.starts_with("."); });
    return names;
  }
};

struct ArchiveImage {
  std::string name;                 ///< Empty: none.
  std::vector<std::string> layers;  ///< Tars, bottom first.
  std::string config_members;       ///< Further members of the configuration's JSON: "\"os\":\"linux\"".
};

inline std::string config_of(const ArchiveImage& image) {
  std::string ids;
  for (const std::string& layer : image.layers) {
    ids += (ids.empty() ? "\"sha256:" : ",\"sha256:") + sys::sha256_hex(layer) + "\"";
  }
  return R"({"architecture":"amd64","os":"linux",)" + image.config_members +
         (image.config_members.empty() ? "" : ",") + R"("rootfs":{"type":"layers","diff_ids":[)" + ids +
         "]}}";
}

/// A docker-archive in the older form: <hex>.json, <hex>/layer.tar, manifest.json last.
inline std::string docker_archive(const std::vector<ArchiveImage>& images) {
  TarBuilder tar;
  std::vector<runtime::image::ArchivedImage> index;
  std::vector<std::string> written;
  for (const ArchiveImage& image : images) {
    runtime::image::ArchivedImage item;
    const std::string config = config_of(image);
    item.config = sys::sha256_hex(config) + ".json";
    tar.file(item.config, config);
    if (!image.name.empty()) item.repo_tags.push_back(image.name);
    for (const std::string& layer : image.layers) {
      item.layers.push_back(sys::sha256_hex(layer) + "/layer.tar");
      if (std::find(written.begin(), written.end(), item.layers.back()) != written.end()) continue;
      tar.file(item.layers.back(), layer);
      written.push_back(item.layers.back());
    }
    index.push_back(std::move(item));
  }
  return tar.file("manifest.json", runtime::image::encode_archive_index(index)).finish();
}

}  // namespace test
