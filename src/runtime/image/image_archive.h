// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "runtime/image/image_store.h"
#include "runtime/image/progress.h"

namespace runtime::image {

/// A root file-system tar to make an image of.
struct ImportRequest {
  std::string reference;             ///< Name to give; may be empty.
  std::vector<std::string> changes;  ///< Dockerfile instructions: CMD ENTRYPOINT ENV EXPOSE LABEL ...
  std::string message;               ///< Comment of the history entry.
  std::string platform;              ///< Empty: this machine's.
};

/// Makes an image with one layer from a tar (plain, gzip, zstd, xz, bzip2) on descriptor `tar`; its ID.
base::Result<std::string> import_root(ImageStore& store, int tar, const ImportRequest& request);

/// Loads a docker-archive or an OCI layout tar (plain or compressed). The references it brought, IDs where
/// it names none. Everything in it is checked against its digests before it is recorded. With `platform`
/// ("os/arch[/variant]") only images for that; NotFound when there are none.
base::Result<std::vector<std::string>> load_archive(ImageStore& store, int tar, const ProgressSink& progress,
                                                    const std::string& platform = "");

/// What goes into an archive.
struct SaveRequest {
  std::vector<std::string> images;  ///< References, IDs or unique ID prefixes.
  /// What the only image is called there; empty: by the reference it was asked for with, if it was one.
  std::vector<std::string> names;
};

/// Writes images as one docker-archive tar that also is an OCI layout. Makes the tars of layers that were
/// built here and never left. Cancelled: the tar is not whole.
base::Result<> save_archive(ImageStore& store, const SaveRequest& request, int tar,
                            const base::Cancellation& cancellation = {});

}  // namespace runtime::image
