// SPDX-License-Identifier: Apache-2.0
#include "sys/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include <catch2/catch.hpp>

#include "sys/file.h"
#include "sys/pidfd.h"
#include "sys/stream_io.h"

namespace {

std::string run_shell(const std::string& script, sys::Parentage parentage, int* code) {
  auto pipe = sys::make_pipe().value();
  const sys::UniqueFd shell = sys::open_file("/bin/sh", O_RDONLY).value();
  sys::SpawnRequest request;
  request.program = shell.value();
  request.arguments = {"sh", "-c", script};
  request.environment = {"GIVEN=1"};
  request.descriptors = {-1, pipe.second.value(), -1};
  request.parentage = parentage;
  const sys::Spawned spawned = sys::spawn(request).value();
  pipe.second.reset();
  std::string text = sys::read_all(pipe.first.value(), "the pipe").value();
  if (code != nullptr) *code = sys::wait_pidfd(spawned.pidfd.value()).value().code;
  return text;
}

}  // namespace

TEST_CASE("a spawned program has its descriptors, environment and folder, and nothing else") {
  int code = 0;
  CHECK(run_shell("pwd; ls /proc/self/fd | wc -l; env | grep GIVEN; exit 6", sys::Parentage::Child, &code) ==
        "/\n4\nGIVEN=1\n");
  CHECK(code == 6);
}

TEST_CASE("a detached program is not the caller's child") {
  CHECK_FALSE(run_shell("echo $$", sys::Parentage::Detached, nullptr).empty());
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
}

TEST_CASE("a program can end with the thread that started it, or with all it has started") {
  auto pipe = sys::make_pipe().value();
  const sys::UniqueFd shell = sys::open_file("/bin/sh", O_RDONLY).value();
  sys::SpawnRequest request{.program = shell.value(),
                            .arguments = {"sh", "-c", "sleep 1000 & echo up; wait"},
                            .environment = {"PATH=/usr/bin:/bin"},
                            .descriptors = {-1, pipe.second.value(), -1}};
  const sys::Spawned group = sys::spawn(request).value();
  std::string room(100, '\0');
  REQUIRE(sys::read_some(pipe.first.value(), room).value() == 3);
  REQUIRE(sys::kill_group(group));
  CHECK(sys::wait_pidfd(group.pidfd.value()).value().signal == SIGKILL);

  request.arguments = {"sh", "-c", "exec sleep 1000"};
  request.ends_with_caller = true;
  sys::Spawned tied;
  {
    const std::jthread caller([&] { tied = sys::spawn(request).value(); });
  }
  CHECK(sys::wait_pidfd(tied.pidfd.value()).value().signal == SIGKILL);
  pipe.second.reset();
  CHECK(sys::read_all(pipe.first.value(), "the pipe").value().empty());
}

TEST_CASE("a program can take along what it has started in other sessions") {
  if (::geteuid() != 0) {
    WARN("only root may make a PID namespace");
    return;
  }
  auto pipe = sys::make_pipe().value();
  const sys::UniqueFd shell = sys::open_file("/bin/sh", O_RDONLY).value();
  const sys::Spawned first = sys::spawn({.program = shell.value(),
                                         .arguments = {"sh", "-c", "setsid sleep 1000 & echo $$; wait"},
                                         .environment = {"PATH=/usr/bin:/bin"},
                                         .descriptors = {-1, pipe.second.value(), -1},
                                         .takes_descendants_along = true})
                                 .value();
  pipe.second.reset();
  std::string room(100, '\0');
  room.resize(sys::read_some(pipe.first.value(), room).value());
  CHECK(room == "1\n");
  REQUIRE(sys::signal_pidfd(first.pidfd.value(), SIGKILL));
  CHECK(sys::wait_pidfd(first.pidfd.value()).value().signal == SIGKILL);
  CHECK(sys::read_all(pipe.first.value(), "the pipe").value().empty());
}

TEST_CASE("what cannot be executed is an error that names the call") {
  const sys::UniqueFd text = sys::make_memory_file("text", "no program").value();
  sys::SpawnRequest request;
  request.program = text.value();
  request.arguments = {"text"};
  request.descriptors = {-1, -1, -1};
  CHECK(sys::spawn(request).error().message == "execveat (starting text): Exec format error (ENOEXEC)");
  request.parentage = sys::Parentage::Detached;
  CHECK(sys::spawn(request).error().message == "execveat (starting text): Exec format error (ENOEXEC)");
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}
