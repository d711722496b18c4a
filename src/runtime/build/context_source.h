// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/cancellation.h"
#include "base/result.h"
#include "runtime/build/builder.h"
#include "runtime/build/git_address.h"
#include "runtime/build/provenance.h"
#include "runtime/image/image_store.h"

namespace runtime::build {

/// "oci-layout://FOLDER[:tag|@digest]": an image in a folder. compose-spec: build.additional_contexts.
inline constexpr std::string_view kLayoutContext = "oci-layout://";

/// Brings what an address holds into a new folder: a Git repository, a tar (compressed or not), or
/// a single text, which is a Dockerfile without any files.
struct FetchedContext {
  std::string folder;  ///< The one to use.
  Material material;   ///< What came.
};
struct ContextRequest {
  std::string address;
  std::string target;
  std::string secrets;  ///< A folder in memory, for what opens a repository.
  bool keep_git_folder = false;
};
/// Secrets of `spec` open repositories.
base::Result<FetchedContext> fetch_context(const ContextRequest& request, const model::BuildSpec& spec,
                                           const UrlSource& source, const base::Cancellation& cancellation);
Material git_material(const GitAddress& address, const std::string& commit);
/// The same of a file that is here, a tar or a single text: the folder to use.
base::Result<std::string> unpack_context(const std::string& file, const std::string& target);
/// Whether one of them made the folder of a single text.
bool is_text_context(const std::string& folder);

/// A file of a fetched context, links followed inside it only. Nothing when there is no such file, or when it
/// is something else.
base::Result<std::optional<std::string>> read_context_file(const std::string& folder,
                                                           const std::string& name);

/// Brings the image of an "oci-layout://" context into the store.
struct LayoutImage {
  std::string id;
  Material material;
};
base::Result<LayoutImage> take_layout_image(image::ImageStore& images, std::string_view context,
                                            const base::Cancellation& cancellation);

}  // namespace runtime::build
