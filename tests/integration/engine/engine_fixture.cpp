// SPDX-License-Identifier: Apache-2.0
#include "integration/engine/engine_fixture.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "runtime/engine/bundled_engine.h"
#include "sys/file.h"
#include "sys/sha256.h"

namespace {

/// Debian's static busybox with a link for each applet, as a tar.
void make_box_tar(const std::string& folder) {
  const std::string script =
      "set -e; mkdir -p {0}/box/bin {0}/box/etc {0}/box/tmp {0}/box/seed; cp /bin/busybox {0}/box/bin/; "
      "for a in $(/bin/busybox --list); do [ $a = busybox ] || ln -s busybox {0}/box/bin/$a; done; "
      "echo root:x:0:0::/root:/bin/sh >{0}/box/etc/passwd; echo root:x:0: >{0}/box/etc/group; "
      "echo seeded >{0}/box/seed/file; tar -C {0}/box -cf {0}/box.tar .";
  REQUIRE(std::system(fmt::format(fmt::runtime(script), folder).c_str()) == 0);
}

}  // namespace

EngineFixture::EngineFixture() : folder_("/tmp/engine_test." + sys::random_hex(6)) {
  roots_ = {.data = folder_ + "/data", .run = folder_ + "/run"};
  REQUIRE(sys::make_directories(folder_));
  make_box_tar(folder_);
  auto opened = runtime::engine::open_bundled_engine(roots_);
  REQUIRE(opened);
  engine_ = std::move(*opened);
  const auto tar = sys::open_file(folder_ + "/box.tar", O_RDONLY);
  REQUIRE(tar);
  const auto image = engine_->images().import(tar->value(), {.reference = "box"});
  if (!image) FAIL(base::to_text(image.error()));
}

EngineFixture::~EngineFixture() {
  if (const auto containers = engine_->containers().list({})) {
    for (const auto& container : *containers) {
      CHECK(engine_->containers().remove(
          container.id, {.force = true, .anonymous_volumes = engine_client::AnonymousVolumes::Remove}));
    }
  }
  if (const auto networks = engine_->networks().list({})) {
    for (const auto& network : *networks) {
      const bool built_in = network.name == "bridge" || network.name == "host" || network.name == "none";
      if (!built_in) CHECK(engine_->networks().remove(network.id));
    }
  }
  CHECK(sys::list_directory(roots_.run + "/status").value_or(std::vector<std::string>{}).empty());
  CHECK(sys::list_directory(roots_.run + "/containers").value_or(std::vector<std::string>{}).empty());
  CHECK(sys::list_directory(roots_.data + "/containers").value_or(std::vector<std::string>{}).empty());
  engine_.reset();
  // The engine deletes layers behind our back; what it is just deleting is gone one way or the other.
  base::Result<> removed = sys::remove_tree(folder_);
  if (!removed) removed = sys::remove_tree(folder_);
  CHECK((removed ? "" : removed.error().message) == "");
}

model::ContainerSpec EngineFixture::make_spec(const std::string& name, const std::string& script,
                                              const std::string& network) {
  model::ContainerSpec spec;
  spec.name = name;
  spec.image = "box";
  spec.command = std::vector<std::string>{"/bin/sh", "-c", script};
  spec.stop_grace_period = std::chrono::milliseconds(500);
  if (network.empty()) {
    spec.network_mode = "none";
  } else {
    spec.endpoints = {{.network = network}};
  }
  return spec;
}

std::string EngineFixture::run(const model::ContainerSpec& spec) {
  const auto id = engine_->containers().create(spec, {});
  if (!id) FAIL(base::to_text(id.error()));
  const auto started = engine_->containers().start(*id);
  if (!started) FAIL(base::to_text(started.error()));
  return *id;
}

std::string EngineFixture::log_of(const std::string& container) {
  std::string text;
  const auto read = engine_->containers().logs(container, {},
                                               {[&](const engine_client::LogLine& line) {
                                                  text += line.text;
                                                  return true;
                                                },
                                                {}},
                                               {});
  if (!read) FAIL(base::to_text(read.error()));
  return text;
}

std::string EngineFixture::exec(const std::string& container, const std::string& script) {
  const std::string path = folder_ + "/exec-output";
  auto output = sys::open_file(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  REQUIRE(output);
  const engine_client::TerminalStreams streams{.standard_output = output->value(),
                                               .standard_error = output->value()};
  const auto code = engine_->exec().run(container, {.command = {"/bin/sh", "-c", script}}, streams, {});
  if (!code) FAIL(base::to_text(code.error()));
  return sys::read_file(path).value() + fmt::format("exit {}", *code);
}
