// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/device_lookup.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <catch2/catch.hpp>

#include "support/temporary_folder.h"

using runtime::engine::find_block_devices;

TEST_CASE("block devices that limits name are found with their numbers, each once") {
  const test::TemporaryFolder folder;
  const std::string disk = folder.path + "/disk";
  REQUIRE(::mknod(disk.c_str(), S_IFBLK | 0600, makedev(7, 5)) == 0);
  model::BlockIo limits;
  limits.weight_device = {{disk, 300}};
  limits.read_bps = {{disk, 1 << 20}};
  const auto devices = find_block_devices(limits);
  REQUIRE(devices);
  REQUIRE(devices->size() == 1);
  CHECK(devices->at(disk).type == 'b');
  CHECK(devices->at(disk).major == 7);
  CHECK(devices->at(disk).minor == 5);
}

TEST_CASE("a limit for what is no block device is refused") {
  model::BlockIo limits;
  limits.write_iops = {{"/dev/null", 100}};
  CHECK(find_block_devices(limits).error().message == "blkio_config: /dev/null is not a block device");
  limits.write_iops = {{"/dev/nothere", 100}};
  CHECK(find_block_devices(limits).error().error_class == base::ErrorClass::NotFound);
}
