// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/remote_source.h"

#include <fcntl.h>

#include <ctime>

#include <fmt/format.h>

#include "base/address.h"
#include "base/address_text.h"
#include "base/split.h"
#include "model/digest.h"
#include "runtime/build/git_address.h"
#include "sys/file.h"
#include "sys/file_data.h"
#include "sys/path_at.h"

namespace runtime::build {
namespace {

bool is_http(std::string_view text) { return text.starts_with("http://") || text.starts_with("https://"); }

/// The last part of a URL's path, percent escapes undone; nothing that could be more than a name.
std::string name_in_url(std::string_view url) {
  const auto address = base::parse_address(url);
  if (!address) return {};
  const std::string_view path = address->path;
  const auto slash = path.find_last_of('/');
  if (slash == std::string_view::npos) return {};
  std::string name = base::unescape_address(path.substr(slash + 1));
  const bool harmless = name != "." && name != ".." && name.find('/') == std::string::npos &&
                        name.find('\0') == std::string::npos;
  return harmless ? name : std::string();
}

/// RFC 9110, HTTP-date in its usual form; 0 when it is none.
std::int64_t parse_http_date(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return end == nullptr ? 0 : static_cast<std::int64_t>(::timegm(&parts));
}

}  // namespace

SourceKind source_kind(std::string_view source) {
  if (source.starts_with("git://") || source.starts_with("ssh://") || source.starts_with("github.com/") ||
      base::is_scp_address(source))
    return SourceKind::Git;
  if (!is_http(source)) return SourceKind::Path;
  const std::string_view path = source.substr(0, source.find_first_of("#?"));
  return path.ends_with(".git") ? SourceKind::Git : SourceKind::Url;
}

base::Result<DownloadedFile> download_file(const DownloadRequest& request, const UrlSource& source,
                                           const std::string& target,
                                           const base::Cancellation& cancellation) {
  const std::string shown = base::hide_secrets(request.url);
  if (!source) {
    return base::fail(
        base::make_error(base::ErrorClass::Unsupported, fmt::format("{} cannot be downloaded here", shown))
            .with_hint("download it in a RUN"));
  }
  TRY(sys::make_directories(target, 0700));
  const std::string partial = target + "/.partial";
  const sys::UniqueFd file = TRY(sys::open_file(partial, O_RDWR | O_CREAT | O_EXCL, 0600));
  const Download download =
      TRY_WHILE(source(request.url, file.value(), cancellation), fmt::format("downloading {}", shown));
  const sys::UniqueFd reading = TRY(sys::open_file(partial, O_RDONLY));
  const std::string digest = TRY(sys::hash_file_data(reading.value(), partial));
  if (!request.checksum.empty()) {
    const auto expected = TRY(model::Digest::parse(request.checksum));
    if (digest != expected.hex()) {
      return base::fail(base::ErrorClass::Invalid, fmt::format("{} has the checksum sha256:{}, not {}", shown,
                                                               digest, request.checksum));
    }
  }
  std::string name = name_in_url(request.url);
  if (name.empty()) name = request.name;
  if (name.empty()) {
    return base::fail(base::make_error(base::ErrorClass::Invalid, fmt::format("{} names no file", shown))
                          .with_hint("give a target that does not end with /"));
  }
  TRY(sys::set_mode(file.value(), 0600));
  TRY(sys::set_time(file.value(), timespec{.tv_sec = parse_http_date(download.last_modified), .tv_nsec = 0}));
  const sys::UniqueFd folder = TRY(sys::open_file(target, O_PATH | O_DIRECTORY));
  TRY(sys::rename_at(folder.value(), ".partial", folder.value(), name));
  return DownloadedFile{.name = std::move(name), .sha256 = digest};
}

}  // namespace runtime::build
