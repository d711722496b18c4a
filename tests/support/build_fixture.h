// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "runtime/build/builder.h"
#include "runtime/image/image_archive.h"
#include "support/chroot_runner.h"
#include "support/image_fixture.h"

namespace test {

/// A builder with stores of its own, and an empty build context beside them.
struct BuildFixture : ImageFixture {
  ChrootRunner runner;
  runtime::build::Builder builder{*snapshots, *images, *database, runner, folder.path, folder.path + "/run"};
  model::BuildSpec spec;
  std::vector<runtime::build::BuildEvent> events;
  base::Cancellation cancellation;

  BuildFixture() {
    spec.context = folder.path + "/context";
    REQUIRE(sys::make_directories(spec.context));
    shell("mkdir -p " + folder.path + "/other");
  }

  /// Runs a shell script in the context.
  void shell(const std::string& script) const {
    const std::string path = folder.path + "/script";
    REQUIRE(sys::write_file(path, "set -e\numask 022\ncd " + spec.context + "\n" + script));
    REQUIRE(std::system(("sh " + path).c_str()) == 0);
  }
  void write(const std::string& name, const std::string& text) const {
    REQUIRE(sys::write_file(spec.context + "/" + name, text, 0644));
  }

  base::Result<runtime::build::BuiltImage> build(const std::string& dockerfile) {
    spec.dockerfile_inline = dockerfile;
    events.clear();
    return builder.build(
        spec, [&](const runtime::build::BuildEvent& event) { events.push_back(event); }, cancellation);
  }
  /// The image's id; a failure ends the test with its whole text.
  std::string must_build(const std::string& dockerfile) {
    const auto image = build(dockerfile);
    if (!image) FAIL(base::to_text(image.error()) + output());
    return image->id;
  }
  std::string must_fail(const std::string& dockerfile) {
    const auto image = build(dockerfile);
    REQUIRE_FALSE(image);
    return base::to_text(image.error());
  }

  /// "[1/2] FROM x", with "CACHED " before it when the step came from the cache.
  std::vector<std::string> steps() const {
    std::vector<std::string> out;
    for (const auto& event : events) {
      if (event.kind == runtime::build::BuildEvent::Kind::Started) out.push_back(event.text);
      if (event.kind == runtime::build::BuildEvent::Kind::Cached) out.push_back("CACHED " + event.text);
    }
    return out;
  }
  std::string output() const {
    std::string out;
    for (const auto& event : events) {
      if (event.kind == runtime::build::BuildEvent::Kind::Output) out += event.text;
    }
    return out;
  }
  std::string warnings() const {
    std::string out;
    for (const auto& event : events) {
      if (event.kind == runtime::build::BuildEvent::Kind::Warning) out += event.text;
    }
    return out;
  }

  /// Imports "base:1": busybox with users, links and modes that builds stumble over.
  void import_base() {
    const std::string root = folder.path + "/base";
    REQUIRE(std::system(("sh " + std::string(TEST_DATA_DIR) + "/support/base_root.sh " + root).c_str()) == 0);
    const std::string tar = folder.path + "/base.tar";
    REQUIRE(std::system(("tar --numeric-owner -C " + root + " -cf " + tar + " .").c_str()) == 0);
    const sys::UniqueFd fd = sys::open_file(tar, O_RDONLY).value();
    runtime::image::ImportRequest request{
        .reference = "base:1", .changes = {"ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin", "CMD [\"sh\"]"}};
    REQUIRE(runtime::image::import_root(*images, fd.value(), request));
  }
};

}  // namespace test
