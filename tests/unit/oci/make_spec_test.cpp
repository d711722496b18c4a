// SPDX-License-Identifier: Apache-2.0
#include "runtime/oci/make_spec.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "runtime/oci/capability_names.h"

using namespace runtime;
using Words = std::vector<std::string>;

namespace {

oci::SpecInputs make_inputs() {
  oci::SpecInputs inputs;
  inputs.id = "0123456789abcdef";
  inputs.cgroups_path = "/compose/0123456789abcdef";
  return inputs;
}

model::ContainerSpec make_request() {
  model::ContainerSpec request;
  request.command = Words{"run"};
  return request;
}

oci::Spec spec_of(const model::ContainerSpec& request, const oci::SpecInputs& inputs = make_inputs()) {
  const auto spec = oci::make_spec(request, {}, inputs);
  if (!spec) FAIL(base::to_text(spec.error()));
  return *spec;
}

std::string failure(const model::ContainerSpec& request, const oci::SpecInputs& inputs = make_inputs()) {
  const auto spec = oci::make_spec(request, {}, inputs);
  REQUIRE_FALSE(spec);
  return base::to_text(spec.error());
}

Words arguments(std::optional<Words> entrypoint, std::optional<Words> command, Words image_entrypoint,
                Words image_command) {
  model::ContainerSpec request;
  request.entrypoint = std::move(entrypoint);
  request.command = std::move(command);
  model::ObservedImage image;
  image.entrypoint = std::move(image_entrypoint);
  image.command = std::move(image_command);
  return oci::make_arguments(request, image).value_or(Words{"(none)"});
}

/// "type destination source options" of the mounts at or below `destination`.
std::string mounts_text(const oci::Spec& spec, const std::string& destination) {
  std::string text;
  for (const oci::Mount& mount : spec.mounts) {
    if (!mount.destination.starts_with(destination)) continue;
    text += mount.type + " " + mount.destination + " " + mount.source;
    for (const std::string& option : mount.options) text += " " + option;
    text += "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("entrypoint and command, of the request and of the image") {
  const std::nullopt_t unset = std::nullopt;
  CHECK(arguments(unset, unset, {"ie"}, {"ic"}) == Words{"ie", "ic"});
  CHECK(arguments(unset, Words{"c"}, {"ie"}, {"ic"}) == Words{"ie", "c"});
  CHECK(arguments(Words{"e"}, unset, {"ie"}, {"ic"}) == Words{"e"});
  CHECK(arguments(Words{"e"}, Words{"c"}, {"ie"}, {"ic"}) == Words{"e", "c"});
  CHECK(arguments(Words{}, unset, {"ie"}, {"ic"}) == Words{"ic"});
  CHECK(arguments(Words{""}, Words{"c"}, {"ie"}, {"ic"}) == Words{"c"});
  CHECK(arguments(unset, Words{}, {"ie"}, {"ic"}) == Words{"ie"});
  CHECK(arguments(unset, unset, {}, {}) == Words{"(none)"});
}

TEST_CASE("the environment: defaults, then the image's, then the request's") {
  model::ContainerSpec request;
  request.environment = {"A=request", "B", "NEW=1", "ABSENT"};
  model::ObservedImage image;
  image.environment = {"A=image", "B=image", "PATH=/image"};
  CHECK(oci::make_environment(request, image, "box") ==
        Words{"PATH=/image", "HOSTNAME=box", "A=request", "NEW=1"});
  request = {};
  request.tty = true;
  CHECK(oci::make_environment(request, {}, "box") ==
        Words{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=box",
              "TERM=xterm"});
}

TEST_CASE("host name, domain, user and folder") {
  model::ContainerSpec request = make_request();
  CHECK(spec_of(request).hostname == "0123456789ab");
  request.domainname = "example.org";
  oci::SpecInputs inputs = make_inputs();
  inputs.hostname = "web";
  CHECK(spec_of(request, inputs).hostname == "web.example.org");
  request.uts_mode = "host";
  CHECK(spec_of(request, inputs).hostname == "");
  request.working_dir = "relative";
  CHECK(failure(request) == "error: the working directory \"relative\" is not an absolute path\n");
  model::ObservedImage image;
  image.user = "www";
  image.working_dir = "/srv";
  const oci::Spec spec = oci::make_spec(make_request(), image, make_inputs()).value();
  CHECK(spec.process.user.name == "www");
  CHECK(spec.process.cwd == "/srv");
}

TEST_CASE("capabilities") {
  CHECK(oci::capability_names(oci::kDefaultCapabilities).size() == 14);
  const auto changed = [](const Words& add, const Words& drop, std::uint64_t known = (1ull << 41) - 1) {
    const auto mask = oci::apply_capability_changes(add, drop, known);
    return mask ? *mask : std::uint64_t{0xbad};
  };
  CHECK(changed({}, {}) == 0xa80425fb);
  CHECK(changed({"NET_ADMIN"}, {"cap_chown"}) == ((0xa80425fbull & ~1ull) | 1 << 12));
  CHECK(changed({"ALL"}, {}) == (1ull << 41) - 1);
  CHECK(changed({"ALL"}, {"SYS_ADMIN"}) == ((1ull << 41) - 1 - (1 << 21)));
  CHECK(changed({}, {"ALL"}) == 0);
  CHECK(changed({"SYS_TIME"}, {"ALL"}) == 1 << 25);
  CHECK(changed({"ALL"}, {}, 0xff) == 0xff);
  CHECK(changed({"SYS_TIME"}, {}, 0xff) == 0xbad);
  CHECK(base::to_text(oci::parse_capability("NET_ADMN").error()) ==
        "error: unknown capability \"NET_ADMN\"\n  hint: did you mean NET_ADMIN?\n");
  for (int bit = 0; bit < 41; ++bit) {
    const std::uint64_t mask = std::uint64_t{1} << bit;
    CHECK(oci::capability_mask(oci::capability_names(mask)) == mask);
  }
}

TEST_CASE("security options") {
  model::ContainerSpec request = make_request();
  const oci::Spec standard = spec_of(request);
  CHECK(standard.linux_.seccomp.kind == oci::SeccompKind::Default);
  CHECK(standard.process.capabilities.inheritable.empty());
  CHECK(standard.process.capabilities.ambient.empty());
  CHECK_FALSE(standard.process.no_new_privileges);
  request.security_opt = {"no-new-privileges", "seccomp:unconfined", "systempaths=unconfined",
                          "apparmor=unconfined", "label=disable"};
  const oci::Spec open = spec_of(request);
  CHECK(open.process.no_new_privileges);
  CHECK(open.linux_.seccomp.kind == oci::SeccompKind::Unconfined);
  CHECK(open.linux_.masked_paths.empty());
  CHECK(open.linux_.readonly_paths.empty());
  request.security_opt = {
      "seccomp={\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"mount\"],"
      "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":13}]}"};
  const oci::Spec custom = spec_of(request);
  CHECK(custom.linux_.seccomp.kind == oci::SeccompKind::Custom);
  CHECK(custom.linux_.seccomp.custom.rules ==
        std::vector<oci::SeccompRule>{{{"mount"}, oci::SeccompAction::Errno, 13, {}}});
}

TEST_CASE("security options that cannot be honoured are refused by name") {
  const auto refused = [](const std::string& option) {
    model::ContainerSpec request = make_request();
    request.security_opt = {option};
    return failure(request);
  };
  CHECK(refused("apparmor=docker-default") ==
        "error: security_opt: apparmor=docker-default: this machine has no AppArmor\n");
  CHECK(refused("no-new-privileges=maybe") ==
        "error: security_opt: no-new-privileges is true or false, not \"maybe\"\n");
  CHECK(refused("secomp=unconfined") ==
        "error: security_opt: unknown option \"secomp=unconfined\"\n  hint: did you mean seccomp?\n");
  CHECK(refused("seccomp=/etc/profile.json").starts_with("error: seccomp: not a profile: "));
  CHECK(refused("seccomp={\"defaultAction\":\"SCMP_ACT_DANCE\"}") ==
        "error: seccomp: defaultAction: unknown action SCMP_ACT_DANCE\n"
        "  while reading the seccomp profile of security_opt\n");
}

TEST_CASE("a profile's rules count by capability and processor") {
  const std::string text = R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
    "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
    "syscalls": [
      {"names": ["a"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_CHOWN"]}},
      {"names": ["b"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_CHOWN"]}},
      {"names": ["c"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["s390x"]}},
      {"names": ["d"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"},
       "args": [{"index": 1, "value": 5, "op": "SCMP_CMP_GE"}]}]})";
  const auto names = [&text](const Words& capabilities) {
    std::string all;
    const auto profile = oci::decode_seccomp_profile(text, capabilities);
    if (!profile) return base::to_text(profile.error());
    for (const oci::SeccompRule& rule : profile->rules) all += rule.names.front();
    return all;
  };
  CHECK(names({"CAP_CHOWN"}) == "ad");
  CHECK(names({}) == "bd");
}

TEST_CASE("namespaces follow the modes") {
  const auto types = [](const model::ContainerSpec& request, const oci::SpecInputs& inputs) {
    std::string text;
    for (const oci::Namespace& entry : spec_of(request, inputs).linux_.namespaces) {
      text += std::to_string(static_cast<int>(entry.type)) + entry.path + " ";
    }
    return text;
  };
  model::ContainerSpec request = make_request();
  CHECK(types(request, make_inputs()) == "2 1 0 3 4 5 ");
  request.pid_mode = request.ipc_mode = request.uts_mode = request.network_mode = request.cgroup_mode =
      "host";
  CHECK(types(request, make_inputs()) == "2 ");
  request = make_request();
  request.pid_mode = request.ipc_mode = request.network_mode = "container:abc";
  oci::SpecInputs inputs = make_inputs();
  inputs.pid_path = "/p";
  inputs.ipc_path = "/i";
  inputs.network_path = "/n";
  CHECK(types(request, inputs) == "2 1/n 0/p 3/i 4 5 ");
  request = make_request();
  request.userns_mode = "keep-id";
  CHECK(failure(request) == "error: userns_mode: \"keep-id\" is not supported by the bundled engine\n");
  request = make_request();
  request.pid_mode = "nonsense";
  CHECK(failure(request) == "error: pid: \"nonsense\" is not supported by the bundled engine\n");
}

TEST_CASE("sysctls only where the container has a namespace of its own") {
  model::ContainerSpec request = make_request();
  request.sysctls = {{"net.core.somaxconn", "1024"}, {"kernel.shmmax", "1"}, {"fs.mqueue.msg_max", "5"}};
  CHECK(spec_of(request).linux_.sysctl ==
        std::map<std::string, std::string>{{"fs.mqueue.msg_max", "5"},
                                           {"kernel.shmmax", "1"},
                                           {"net.core.somaxconn", "1024"},
                                           {"net.ipv4.ip_unprivileged_port_start", "0"},
                                           {"net.ipv4.ping_group_range", "0 2147483647"}});
  request.network_mode = "host";
  request.sysctls = {{"net.core.somaxconn", "1024"}};
  CHECK(failure(request).starts_with("error: sysctl \"net.core.somaxconn\" would change the machine"));
  request = make_request();
  for (const std::string name :
       {"vm.swappiness", "kernel.sysrq", "net/../kernel.sysrq", "kernel.core_pattern"}) {
    request.sysctls = {{name, "1"}};
    CHECK(failure(request).starts_with("error: sysctl \"" + name + "\" would change the machine"));
  }
}

TEST_CASE("mounts: defaults, the request's over them, parents first") {
  oci::SpecInputs inputs = make_inputs();
  inputs.mounts = {
      {.type = model::MountType::Bind, .source = "/h/b", .target = "/a/b/", .read_only = true},
      {.type = model::MountType::Volume, .source = "/h/a", .target = "/a", .subpath = "s"},
      {.type = model::MountType::Bind,
       .source = "/h/c",
       .target = "/a/c",
       .read_only = true,
       .propagation = "rslave",
       .recursive = "writable"},
      {.type = model::MountType::Bind, .source = "/h/d", .target = "/a/d", .recursive = "disabled"}};
  CHECK(mounts_text(spec_of(make_request(), inputs), "/a") ==
        "bind /a /h/a rbind rprivate\n"
        "bind /a/b /h/b rbind rro rprivate\n"
        "bind /a/c /h/c rbind ro rslave\n"
        "bind /a/d /h/d bind rprivate\n");
  inputs.mounts = {{.type = model::MountType::Tmpfs, .target = "/t"},
                   {.type = model::MountType::Tmpfs,
                    .target = "/u",
                    .tmpfs_size = base::ByteSize{1024},
                    .tmpfs_mode = 01770,
                    .tmpfs_options = "exec,size=5,uid=1"}};
  CHECK(mounts_text(spec_of(make_request(), inputs), "/t") == "tmpfs /t tmpfs noexec nosuid nodev\n");
  CHECK(mounts_text(spec_of(make_request(), inputs), "/u") ==
        "tmpfs /u tmpfs nosuid nodev exec uid=1 size=1024 mode=1770\n");
  inputs.mounts = {{.type = model::MountType::Bind, .source = "/dev", .target = "/dev"}};
  CHECK(mounts_text(spec_of(make_request(), inputs), "/dev") == "bind /dev /dev rbind rprivate\n");
  inputs.mounts = {{.type = model::MountType::Bind, .source = "/h", .target = "/"}};
  CHECK(failure(make_request(), inputs) == "error: a mount cannot cover the container's root\n");
  inputs.mounts = {{.type = model::MountType::Bind, .source = "/h", .target = "rel"}};
  CHECK(failure(make_request(), inputs) == "error: mount target \"rel\" is not an absolute path\n");
}

TEST_CASE("/dev/shm follows the size and the IPC mode") {
  model::ContainerSpec request = make_request();
  request.resources.shm_size = base::ByteSize{1 << 20};
  CHECK(mounts_text(spec_of(request), "/dev/shm") ==
        "tmpfs /dev/shm shm nosuid noexec nodev mode=1777 size=1048576\n");
  request.ipc_mode = "host";
  CHECK(mounts_text(spec_of(request), "/dev/shm") == "bind /dev/shm /dev/shm rbind nosuid noexec nodev\n");
  request.ipc_mode = "shareable";
  oci::SpecInputs inputs = make_inputs();
  inputs.shm_path = "/run/x/shm";
  CHECK(mounts_text(spec_of(request, inputs), "/dev/shm") ==
        "bind /dev/shm /run/x/shm rbind nosuid noexec nodev\n");
}

TEST_CASE("limits that contradict themselves are refused") {
  const auto refused = [](auto change) {
    model::ContainerSpec request = make_request();
    change(request.resources);
    return failure(request);
  };
  using model::Resources;
  CHECK(refused([](Resources& r) { r.memory = base::ByteSize{1 << 20}; }) ==
        "error: mem_limit: 1048576 bytes is too little: 6 MiB is the least\n");
  CHECK(refused([](Resources& r) { r.memory_swap = base::ByteSize{64 << 20}; }) ==
        "error: memswap_limit needs mem_limit: it is memory and swap together\n");
  CHECK(refused([](Resources& r) {
          r.memory = base::ByteSize{64 << 20};
          r.memory_swap = base::ByteSize{32 << 20};
        }) == "error: memswap_limit is smaller than mem_limit: it is memory and swap together\n");
  CHECK(refused([](Resources& r) {
          r.nano_cpus = 1;
          r.cpu_quota = 1;
        }) == "error: cpus and cpu_quota or cpu_period say the same thing: set one of them\n");
  CHECK(refused([](Resources& r) { r.memory_swappiness = 101; }) ==
        "error: mem_swappiness: 101 is not in the range 0 to 100\n");
  CHECK(refused([](Resources& r) { r.block_io.weight = 5; }) ==
        "error: blkio_config: weight 5 is not in the range 10 to 1000\n");
  CHECK(refused([](Resources& r) {
          r.ulimits["nofiles"] = {1, 1};
        }) == "error: unknown ulimit \"nofiles\"\n  hint: did you mean nofile?\n");
  CHECK(refused([](Resources& r) {
          r.ulimits["core"] = {2, 1};
        }) == "error: ulimit core: the soft limit 2 is above the hard limit 1\n");
}

TEST_CASE("device rules: the harmless ones, the request's, all for a privileged container") {
  model::ContainerSpec request = make_request();
  request.devices = {{.source = "/dev/fuse", .target = "/dev/fuse", .permissions = "rw"}};
  request.device_cgroup_rules = {"a 7:* rmw"};
  oci::SpecInputs inputs = make_inputs();
  inputs.devices = {{"/dev/fuse", 'c', 10, 229}};
  const auto& rules = spec_of(request, inputs).linux_.resources.devices;
  REQUIRE(rules.size() == 14);
  CHECK(rules.front() == oci::DeviceRule{});
  CHECK(rules[12] == oci::DeviceRule{true, 'c', 10, 229, "rw"});
  CHECK(rules[13] == oci::DeviceRule{true, 'a', 7, {}, "rmw"});
  for (const std::string rule : {"c 1:3", "x 1:3 r", "c 1 r", "c 1:y r", "c 1:3 q", ""}) {
    request.device_cgroup_rules = {rule};
    CHECK(failure(request, inputs).starts_with("error: device_cgroup_rules: \"" + rule + "\""));
  }
  request = make_request();
  request.privileged = true;
  CHECK(spec_of(request).linux_.resources.devices ==
        std::vector<oci::DeviceRule>{{true, 'a', {}, {}, "rwm"}});
}

TEST_CASE("what the engine cannot do is refused") {
  model::ContainerSpec request = make_request();
  request.device_requests = {{}};
  CHECK(failure(request).starts_with("error: gpus and device reservations are not supported"));
  request = make_request();
  request.storage_opt = {{"size", "1G"}};
  CHECK(failure(request) == "error: storage_opt: size is not supported by the bundled engine\n");
}
