// SPDX-License-Identifier: Apache-2.0
#include "sys/file_io.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "support/temporary_folder.h"
#include "sys/file.h"

TEST_CASE("an open file is told from what has its name by now") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path + "/a", moved = folder.path + "/b";
  const sys::UniqueFd fd = sys::open_file(path, O_RDWR | O_CREAT, 0600).value();
  CHECK(sys::is_file_at(fd.value(), path).value());
  REQUIRE(sys::rename_path(path, moved));
  CHECK_FALSE(sys::is_file_at(fd.value(), path).value());
  CHECK(sys::is_file_at(fd.value(), moved).value());
  REQUIRE(sys::write_file(path, "another"));
  CHECK_FALSE(sys::is_file_at(fd.value(), path).value());
  REQUIRE(sys::remove_file(path));
  REQUIRE(::symlink(moved.c_str(), path.c_str()) == 0);
  CHECK_FALSE(sys::is_file_at(fd.value(), path).value());
}
