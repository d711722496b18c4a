// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "sys/database.h"

namespace runtime::image {

/// An image whose configuration is damaged, or beyond what is read.
struct UnreadableImage {
  std::string id, reason;
};

/// Those that ImageStore::list() leaves out.
base::Result<std::vector<UnreadableImage>> find_unreadable_images(sys::Database& database);

}  // namespace runtime::image
