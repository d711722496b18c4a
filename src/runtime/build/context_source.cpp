// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/context_source.h"

#include <fcntl.h>

#include <fmt/format.h>

#include "runtime/build/local_archive.h"
#include "runtime/build/remote_source.h"
#include "runtime/image/artifact.h"
#include "sys/file.h"
#include "sys/path_at.h"

namespace runtime::build {
namespace {

constexpr std::size_t kLargestDockerfile = 16u << 20;
constexpr std::string_view kTextFolder = "/text";  ///< Ends the folder of a single text.

base::Result<std::string> fetch_url(const std::string& url, const UrlSource& source,
                                    const std::string& target, const base::Cancellation& cancellation) {
  const DownloadRequest request{.url = url, .checksum = {}, .name = "context"};
  const std::string folder = target + ".download";
  const std::string file =
      fmt::format("{}/{}", folder, TRY(download_file(request, source, folder, cancellation)));
  if (TRY(unpack_archive(file, target))) {
    TRY(sys::remove_tree(folder));
    return target;
  }
  const std::string text_folder = target + std::string(kTextFolder);
  TRY(sys::make_directories(text_folder));
  TRY(sys::rename_path(file, text_folder + "/Dockerfile"));
  return text_folder;
}

}  // namespace

base::Result<std::string> fetch_context(const std::string& address, const UrlSource& source,
                                        const std::string& target, const base::Cancellation& cancellation) {
  if (source_kind(address) == SourceKind::Url) return fetch_url(address, source, target, cancellation);
  return fetch_git(parse_git_address(address), target, /*keep_git_folder=*/false, cancellation);
}

bool is_text_context(const std::string& folder) { return folder.ends_with(kTextFolder); }

base::Result<std::optional<std::string>> read_context_file(const std::string& folder,
                                                           const std::string& name) {
  const sys::UniqueFd root = TRY(sys::open_file(folder, O_PATH | O_DIRECTORY));
  const auto fd = sys::open_in_root(root.value(), name, O_RDONLY | O_NONBLOCK);
  if (!fd || !S_ISREG(TRY(sys::stat_fd(fd->value())).st_mode)) return std::optional<std::string>();
  return std::optional(TRY(sys::read_all(fd->value(), name, kLargestDockerfile)));
}

base::Result<std::string> take_layout_image(image::ImageStore& images, std::string_view context) {
  std::string folder(context.substr(kLayoutContext.size())), name = "latest";
  if (const auto at = folder.find('@'); at != std::string::npos) {
    name = folder.substr(at + 1);
    folder.resize(at);
  } else if (const auto colon = folder.rfind(':');
             colon != std::string::npos && folder.find('/', colon) == std::string::npos) {
    name = folder.substr(colon + 1);
    folder.resize(colon);
  }
  const auto layout = TRY(image::open_layout(folder, image::LayoutAccess::Read));
  return image::take_image(images, *layout, name);
}

}  // namespace runtime::build
