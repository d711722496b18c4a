// SPDX-License-Identifier: Apache-2.0
#include "sys/run_command.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "sys/fd.h"
#include "sys/file.h"
#include "sys/pidfd.h"
#include "sys/spawn.h"

namespace sys {
namespace {

base::Result<pid_t> spawn_found(const std::vector<std::string>& arguments, int input, int output,
                                int errors) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  if (errors >= 0) posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  pid_t pid = -1;
  const int code = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0)
    return base::fail(base::make_errno_error(fmt::format("posix_spawnp(\"{}\")", arguments[0]), code));
  return pid;
}

}  // namespace

base::Result<CommandResult> run_command(const std::vector<std::string>& arguments, std::string_view input,
                                        std::size_t limit, Errors errors) {
  // The input lies in a file, so that neither side can wait for the other.
  const UniqueFd in = TRY(make_memory_file("command-input", input));
  UniqueFd said;
  if (errors == Errors::Taken) said = TRY(make_memory_file("command-errors", ""));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return base::fail(base::make_errno_error("pipe2", errno));
  UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const pid_t pid = TRY(spawn_found(arguments, in.value(), writing.value(), said.value()));
  writing.reset();
  auto output = read_all(reading.value(), fmt::format("the output of {}", arguments[0]), limit);
  reading.reset();  // A program with more to say ends by its broken pipe.
  CommandResult out;
  const UniqueFd process = TRY(open_pidfd(pid));
  out.exit_code = TRY(wait_pidfd(process.value())).code;
  out.output = TRY(std::move(output));
  if (said.valid()) {
    if (::lseek(said.value(), 0, SEEK_SET) < 0) return base::fail(base::make_errno_error("lseek", errno));
    out.errors = TRY(read_all(said.value(), fmt::format("the errors of {}", arguments[0]), limit));
  }
  return out;
}

}  // namespace sys
