// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sys/file.h"
#include "sys/sha256.h"

namespace test {

/// A fresh folder under /tmp, removed with everything in it.
struct TemporaryFolder {
  std::string path = "/tmp/compose-test-" + sys::random_hex(8);
  TemporaryFolder() { static_cast<void>(sys::make_directories(path)); }
  ~TemporaryFolder() { static_cast<void>(sys::remove_tree(path)); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
};

}  // namespace test
