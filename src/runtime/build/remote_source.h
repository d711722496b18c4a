// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "runtime/build/builder.h"
#include "runtime/build/source_tree.h"

namespace runtime::build {

/// What ADD's sources may be beside paths.
enum class SourceKind { Path, Url, Git };
SourceKind source_kind(std::string_view source);

/// What is to be downloaded.
struct DownloadRequest {
  std::string url, checksum;
  std::string name;  ///< When the address and the server give none; empty: then it is an error.
};
struct DownloadedFile {
  std::string name;
  std::string sha256;  ///< Hex, of its content.
};
/// Downloads `url` into the new folder `target`. Mode 0600, the time of the server's Last-Modified. Invalid:
/// another checksum ("sha256:..."), no name to give it.
base::Result<DownloadedFile> download_file(const DownloadRequest& request, const UrlSource& source,
                                           const std::string& target, const base::Cancellation& cancellation);

}  // namespace runtime::build
