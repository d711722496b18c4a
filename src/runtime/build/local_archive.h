// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "runtime/build/copy_files.h"

namespace runtime::build {

/// ADD of a tar (plain, gzip, bzip2, xz or zstd): unpacks it into the target folder. False when `source` is
/// no archive, whatever its name says: then it is copied like any file. Dockerfile reference: ADD, local tar
/// archives.
base::Result<bool> unpack_local_archive(const SourceTree& tree, const ScannedSource& source,
                                        const CopyTarget& target, LayerWriter& writer);

/// Unpacks the tar (compressed or not) `file` into the folder `target`, which is made. False when it is none:
/// then nothing is made.
base::Result<bool> unpack_archive(const std::string& file, const std::string& target);

}  // namespace runtime::build
