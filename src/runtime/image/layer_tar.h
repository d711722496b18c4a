// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "runtime/image/tar_writer.h"

namespace runtime::image {

/// Writes the layer in the open folder `root` as an OCI layer tar: overlay's whiteouts and opaque folders
/// become `.wh.` members. The same files give the same bytes: members sorted by path, times cut to seconds,
/// only attributes that a layer may carry. Sockets are left out, as a tar cannot hold them.
base::Result<> write_layer_tar(int root, TarWriter& writer);

}  // namespace runtime::image
