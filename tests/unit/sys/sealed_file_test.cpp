// SPDX-License-Identifier: Apache-2.0
#include "sys/sealed_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "sys/file.h"
#include "sys/pidfd.h"
#include "sys/spawn.h"
#include "sys/stream_io.h"

namespace {

/// A process that lives as long as its input, and its input.
struct Running {
  sys::Spawned process;
  sys::UniqueFd input;
};

Running run(int program) {
  auto pipe = sys::make_pipe().value();
  sys::SpawnRequest request;
  request.program = program;
  request.arguments = {"cat"};
  request.descriptors = {pipe.first.value(), -1, -1};
  return {sys::spawn(request).value(), std::move(pipe.second)};
}

void end(Running& running) {
  running.input.reset();
  CHECK(sys::wait_pidfd(running.process.pidfd.value()).value().code == 0);
}

ino_t inode_of(int fd) {
  struct stat status {};
  REQUIRE(::fstat(fd, &status) == 0);
  return status.st_ino;
}

}  // namespace

TEST_CASE("a sealed file cannot be changed") {
  const sys::UniqueFd file = sys::make_sealed_file("test", "content").value();
  CHECK(::write(file.value(), "x", 1) == -1);
  CHECK(errno == EPERM);
  CHECK(::ftruncate(file.value(), 0) == -1);
  CHECK(sys::read_file("/proc/self/fd/" + std::to_string(file.value())).value() == "content");
}

TEST_CASE("a process's program is used again only when it is sealed and the same") {
  const std::string cat = sys::read_file("/bin/cat").value();
  const sys::UniqueFd sealed = sys::make_sealed_file("cat", cat).value();
  const sys::UniqueFd on_disk = sys::open_file("/bin/cat", O_RDONLY).value();
  Running from_memory = run(sealed.value()), from_disk = run(on_disk.value());

  const auto found = sys::find_sealed_file(from_memory.process.pid, cat);
  REQUIRE(found);
  CHECK(inode_of(found->value()) == inode_of(sealed.value()));
  Running again = run(found->value());
  end(again);

  std::string other = cat;
  other.back() = static_cast<char>(other.back() ^ 1);
  CHECK_FALSE(sys::find_sealed_file(from_memory.process.pid, other));
  CHECK_FALSE(sys::find_sealed_file(from_memory.process.pid, cat + "x"));
  CHECK_FALSE(sys::find_sealed_file(from_disk.process.pid, cat));
  end(from_memory);
  end(from_disk);
  CHECK_FALSE(sys::find_sealed_file(from_memory.process.pid, cat));
}
