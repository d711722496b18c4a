// SPDX-License-Identifier: Apache-2.0
#include "sys/standard_output.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

#include "sys/file.h"

namespace sys {
namespace {

/// errno of the first write that failed; 0 as long as none did. By descriptor: 0 is not used.
std::atomic<int> failed_errno[3];

/// For fopencookie(3): says that all was written, as the libraries above know no way out but an exception.
ssize_t write_or_drop(void* cookie, const char* data, size_t size) {
  auto& failed = *static_cast<std::atomic<int>*>(cookie);
  if (failed != 0) return static_cast<ssize_t>(size);
  const int fd = static_cast<int>(&failed - failed_errno);
  if (const auto written = write_all(fd, {data, size}); !written)
    failed = written.error().errno_value != 0 ? written.error().errno_value : EIO;
  return static_cast<ssize_t>(size);
}

void replace(FILE*& stream, int fd, int buffering) {
  cookie_io_functions_t functions{};
  functions.write = write_or_drop;
  FILE* opened = ::fopencookie(&failed_errno[fd], "w", functions);
  if (opened == nullptr) return;  // Out of memory at the start: it stays as it was.
  ::setvbuf(opened, nullptr, buffering, BUFSIZ);
  stream = opened;
}

}  // namespace

void collect_output_errors() {
  replace(stdout, STDOUT_FILENO, ::isatty(STDOUT_FILENO) == 1 ? _IOLBF : _IOFBF);
  replace(stderr, STDERR_FILENO, _IONBF);
}

base::Result<> finish_output() {
  std::fflush(stdout);
  const int failed = failed_errno[STDOUT_FILENO];
  if (failed == 0) return {};
  if (failed == EPIPE) return base::fail(base::ErrorClass::Cancelled, "nobody reads the output");
  return base::fail(base::make_errno_error("writing the output", failed));
}

bool output_has_no_reader() { return failed_errno[STDOUT_FILENO] == EPIPE; }

}  // namespace sys
