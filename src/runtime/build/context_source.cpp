// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/context_source.h"

#include <fcntl.h>

#include <fmt/format.h>

#include "base/address_text.h"
#include "runtime/build/git_authorization.h"
#include "runtime/build/git_source.h"
#include "runtime/build/local_archive.h"
#include "runtime/build/remote_source.h"
#include "runtime/image/artifact.h"
#include "sys/file.h"
#include "sys/path_at.h"

namespace runtime::build {
namespace {

constexpr std::size_t kLargestDockerfile = 16u << 20;
constexpr std::string_view kTextFolder = "/text";  ///< Ends the folder of a single text.

base::Result<FetchedContext> fetch_url(const std::string& url, const UrlSource& source,
                                       const std::string& target, const base::Cancellation& cancellation) {
  const DownloadRequest request{.url = url, .checksum = {}, .name = "context"};
  const std::string folder = target + ".download";
  const DownloadedFile downloaded = TRY(download_file(request, source, folder, cancellation));
  const std::string file = fmt::format("{}/{}", folder, downloaded.name);
  FetchedContext out{.folder = TRY(unpack_context(file, target)),
                     .material = {.uri = base::hide_secrets(url), .digest = downloaded.sha256}};
  TRY(sys::remove_tree(folder));
  return out;
}

}  // namespace

Material git_material(const GitAddress& address, const std::string& commit) {
  constexpr std::size_t kSha256Digits = 64;
  return {.uri = address.text(),
          .digest = commit,
          .algorithm = commit.size() == kSha256Digits ? "sha256" : "sha1"};
}

base::Result<FetchedContext> fetch_context(const ContextRequest& request, const model::BuildSpec& spec,
                                           const UrlSource& source, const base::Cancellation& cancellation) {
  if (source_kind(request.address) == SourceKind::Url)
    return fetch_url(request.address, source, request.target, cancellation);
  GitAddress git = TRY(parse_git_address(request.address));
  TRY(authorize(git, spec));
  const GitFetch fetch{.target = request.target,
                       .memory = request.secrets,
                       .keep_git_folder = git.keep_git_folder.value_or(request.keep_git_folder),
                       .has_ssh = may_use_ssh(spec)};
  GitCheckout checkout = TRY(fetch_git(git, fetch, cancellation));
  return FetchedContext{.folder = std::move(checkout.folder), .material = git_material(git, checkout.commit)};
}

base::Result<std::string> unpack_context(const std::string& file, const std::string& target) {
  if (TRY(unpack_archive(file, target))) return target;
  std::string text_folder = target + std::string(kTextFolder);
  TRY(sys::make_directories(text_folder));
  const std::string text = TRY(sys::read_file(file, kLargestDockerfile));
  TRY(sys::write_file(text_folder + "/Dockerfile", text));
  return text_folder;
}

bool is_text_context(const std::string& folder) { return folder.ends_with(kTextFolder); }

base::Result<std::optional<std::string>> read_context_file(const std::string& folder,
                                                           const std::string& name) {
  const sys::UniqueFd root = TRY(sys::open_file(folder, O_PATH | O_DIRECTORY));
  const auto fd = sys::open_in_root(root.value(), name, O_RDONLY | O_NONBLOCK);
  if (!fd || !S_ISREG(TRY(sys::stat_fd(fd->value())).st_mode)) return std::optional<std::string>();
  return std::optional(TRY(sys::read_all(fd->value(), name, kLargestDockerfile)));
}

base::Result<LayoutImage> take_layout_image(image::ImageStore& images, std::string_view context,
                                            const base::Cancellation& cancellation) {
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
  LayoutImage out{.id = TRY(image::take_image(images, *layout, name, cancellation)), .material = {}};
  const auto slash = folder.find_last_not_of('/');
  const std::string short_name = folder.substr(0, slash + 1);
  out.material.uri = fmt::format("pkg:oci/{}@{}", short_name.substr(short_name.find_last_of('/') + 1), name);
  out.material.digest = TRY(layout->fetch_manifest(name)).digest.hex();
  return out;
}

}  // namespace runtime::build
