// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/unreadable_images.h"

#include "runtime/image/image_config.h"

namespace runtime::image {

base::Result<std::vector<UnreadableImage>> find_unreadable_images(sys::Database& database) {
  std::vector<UnreadableImage> out;
  TRY(database.run("SELECT id, config FROM images ORDER BY id", {}, [&](const sys::Row& row) {
    const auto config = parse_image_config(row.text(1));
    if (!config) out.push_back({row.text(0), config.error().message});
  }));
  return out;
}

}  // namespace runtime::image
