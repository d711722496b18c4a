// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "conformance/engine_suite.h"
#include "runtime/engine/bundled_engine.h"
#include "support/temporary_folder.h"
#include "sys/file.h"

namespace {

/// The root file system of one static program, as a tar; made once.
const std::string& busybox_tar() {
  static const test::TemporaryFolder folder;
  static const std::string path = [] {
    const std::string tar = folder.path + "/busybox.tar";
    const std::string command =
        std::string("python3 ") + SOURCE_DIR + "/tests/support/busybox_image.py " + tar;
    REQUIRE(std::system(command.c_str()) == 0);
    return tar;
  }();
  return path;
}

}  // namespace

TEST_CASE("engine suite: the bundled engine") {
  if (::geteuid() != 0) {
    WARN("skipped: containers need root");
    return;
  }
  const test::TemporaryFolder folder;
  conformance::run_engine_suite([&] {
    auto engine = runtime::engine::open_bundled_engine({folder.path + "/data", folder.path + "/run"});
    if (!engine) FAIL(base::to_text(engine.error()));
    const auto tar = sys::open_file(busybox_tar(), O_RDONLY);
    REQUIRE(tar);
    engine_client::ImportOptions options;
    options.reference = "suite-image:1";
    options.changes = {"CMD [\"sleep\", \"1000\"]"};
    const auto image = (*engine)->images().import(tar->value(), options);
    if (!image) FAIL(base::to_text(image.error()));
    return conformance::EngineUnderTest{*std::move(engine), "suite-image:1"};
  });
}
