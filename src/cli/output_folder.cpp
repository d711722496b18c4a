// SPDX-License-Identifier: Apache-2.0
#include "cli/output_folder.h"

#include <fcntl.h>

#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "runtime/image/layer_unpacker.h"
#include "runtime/image/tar_reader.h"
#include "sys/file.h"
#include "sys/path_at.h"
#include "sys/stream_io.h"
#include "sys/user_mask.h"

namespace cli {
namespace {

using runtime::image::TarEntry;

base::Result<> check_name(const TarEntry& entry) {
  const auto slash = entry.path.rfind('/', entry.path.size() - 2);
  const std::string_view name =
      std::string_view(entry.path).substr(slash == std::string::npos ? 0 : slash + 1);
  if (!name.starts_with(".wh.")) return {};
  return base::fail(base::ErrorClass::Unsupported,
                    fmt::format("the image has a file {}, which cannot be written to a folder", entry.path));
}

/// What would give an image rights on this machine stays out of a folder.
void take_rights(TarEntry& entry, const struct stat& owner) {
  entry.uid = owner.st_uid;
  entry.gid = owner.st_gid;
  constexpr std::uint32_t kSetIds = S_ISUID | S_ISGID;
  if (entry.type != runtime::image::TarType::Folder) entry.mode &= ~kSetIds;
  std::erase_if(entry.xattrs, [](const auto& xattr) { return xattr.first.starts_with("security."); });
}

bool is_device(const TarEntry& entry) {
  using runtime::image::TarType;
  return entry.type == TarType::CharacterDevice || entry.type == TarType::BlockDevice;
}

/// Returns how many devices were left out.
base::Result<std::size_t> unpack(int tar, int folder) {
  const struct stat owner = TRY(sys::stat_fd(folder));
  runtime::image::FdChunks chunks(tar);
  runtime::image::TarReader reader(chunks);
  runtime::image::LayerUnpacker unpacker(folder, nullptr,
                                         runtime::image::LayerUnpacker::FolderInTheWay::Keep);
  std::size_t devices = 0;
  while (std::optional<TarEntry> entry = TRY(reader.next())) {
    TRY(check_name(*entry));
    // The folder itself stays as it is.
    if (entry->path.find_first_not_of("./") == std::string::npos) continue;
    if (is_device(*entry)) {
      ++devices;
      continue;
    }
    take_rights(*entry, owner);
    TRY(unpacker.add(*entry, reader));
  }
  TRY(unpacker.finish());
  return devices;
}

}  // namespace

base::Result<std::size_t> write_files(engine_client::Images& images, const std::string& image,
                                      const std::string& folder, const base::Cancellation& cancellation) {
  TRY(sys::make_directories(folder, 0777 & ~sys::user_mask()));
  const sys::UniqueFd root = TRY(sys::open_file(folder, O_RDONLY | O_DIRECTORY));
  auto [reading, writing] = TRY(sys::make_pipe(1u << 20));
  base::Result<> exported;
  std::atomic<bool> export_failed{false};
  std::jthread exporter([&, to = std::move(writing)]() mutable {
    exported = images.export_root(image, to.value(), cancellation);
    export_failed = !exported;
    to = {};
  });
  auto unpacked = unpack(reading.value(), root.value());
  // A tar that ends early is the export's failure; an export without a reader is the unpacking's.
  const bool ends_early = export_failed;
  reading = {};
  exporter.join();
  if (!unpacked && !ends_early) {
    return base::fail(
        std::move(unpacked).error().while_doing(fmt::format("writing the image's files to {}", folder)));
  }
  TRY(std::move(exported));
  return unpacked;
}

}  // namespace cli
