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

/// A Git address taken apart: `https://host/repo.git#ref:folder`, `git@host:repo#ref`,
/// `github.com/user/repo`, `https://host/repo.git?branch=b&subdir=d`. Dockerfile reference: ADD, Adding files
/// from a Git repository.
struct GitAddress {
  std::string repository, ref, folder;
};
GitAddress parse_git_address(std::string_view text);

/// Fetches one commit into the new folder `target` by this machine's git program, over https, http, ssh or
/// git and nothing else, with no prompt, hook or setting of the repository. NotFound: no git program, no such
/// folder in the repository. Returns the folder to use.
base::Result<std::string> fetch_git(const GitAddress& address, const std::string& target,
                                    bool keep_git_folder, const base::Cancellation& cancellation);

/// Downloads `url` into the new folder `target` and returns the file's name there. Mode 0600, the time of the
/// server's Last-Modified. Invalid: another checksum ("sha256:..."), no name to give it.
struct DownloadRequest {
  std::string url, checksum;
  std::string name;  ///< When the address and the server give none; empty: then it is an error.
};
base::Result<std::string> download_file(const DownloadRequest& request, const UrlSource& source,
                                        const std::string& target, const base::Cancellation& cancellation);

}  // namespace runtime::build
