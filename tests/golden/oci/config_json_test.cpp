// SPDX-License-Identifier: Apache-2.0
// The whole config.json of a plain container and of one that asks for much. To write the files anew after
// a wanted change: COMPOSE_RECORD=1 golden_oci
#include <cstdlib>

#include <catch2/catch.hpp>

#include "runtime/oci/make_spec.h"
#include "sys/file.h"

using namespace runtime;

namespace {

void compare(const oci::Spec& spec, const std::string& name) {
  const auto text = oci::encode_config_json(spec);
  if (!text) FAIL(base::to_text(text.error()));
  const std::string path = TEST_DATA_DIR "/golden/oci/" + name;
  if (std::getenv("COMPOSE_RECORD") != nullptr) REQUIRE(sys::write_file(path, *text, 0644));
  CHECK(*text == sys::read_file(path).value());
}

oci::SpecInputs make_inputs() {
  oci::SpecInputs inputs;
  inputs.id = "0123456789abcdef0123456789abcdef";
  inputs.root_path = "/rootfs";
  inputs.hostname = "web-1";
  inputs.cgroups_path = "/compose/0123";
  return inputs;
}

oci::Spec make_spec(const model::ContainerSpec& request, const oci::SpecInputs& inputs) {
  model::ObservedImage image;
  image.entrypoint = {"/entry"};
  image.command = {"serve"};
  image.environment = {"PATH=/bin", "LANG=C"};
  auto spec = oci::make_spec(request, image, inputs);
  if (!spec) FAIL(base::to_text(spec.error()));
  spec->process.user.resolved = true;
  return *spec;
}

}  // namespace

TEST_CASE("config.json of a container without wishes") {
  compare(make_spec({}, make_inputs()), "default.json");
}

TEST_CASE("config.json of a container with many wishes") {
  model::ContainerSpec request;
  request.command = std::vector<std::string>{"--verbose"};
  request.environment = {"DEBUG=1", "LANG"};
  request.annotations = {{"org.example.note", "hello"}};
  request.tty = true;
  request.working_dir = "/srv";
  request.domainname = "example.org";
  request.read_only = true;
  request.cap_add = {"NET_ADMIN"};
  request.cap_drop = {"MKNOD"};
  request.security_opt = {"no-new-privileges:true", "seccomp=unconfined"};
  request.pid_mode = "host";
  request.sysctls = {{"net.core.somaxconn", "512"}};
  request.resources.memory = base::ByteSize{256 << 20};
  request.resources.nano_cpus = 1500000000;
  request.resources.cpuset = "0,1";
  request.resources.pids_limit = 64;
  request.resources.oom_score_adj = 100;
  request.resources.ulimits = {{"nofile", {100, 200}}, {"memlock", {-1, -1}}};
  request.resources.block_io.weight = 300;
  request.resources.block_io.read_bps = {{"/dev/sda", 1000000}};
  request.devices = {{"/dev/fuse", "/dev/fuse", "rw"}};
  oci::SpecInputs inputs = make_inputs();
  inputs.devices = {{"/dev/fuse", 'c', 10, 229, 0660, 0, 5}};
  inputs.block_devices = {{"/dev/sda", {"/dev/sda", 'b', 8, 0}}};
  inputs.mounts = {
      {.type = model::MountType::Bind, .source = "/host/src", .target = "/app", .read_only = true},
      {.type = model::MountType::Tmpfs, .target = "/tmp", .tmpfs_options = "size=1m"}};
  compare(make_spec(request, inputs), "wishes.json");
}
