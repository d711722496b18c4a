// SPDX-License-Identifier: Apache-2.0
#include "sys/sealed_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "sys/call_error.h"
#include "sys/file.h"

namespace sys {
namespace {

constexpr unsigned kExecutable = 0x0010U;  // MFD_EXEC
constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

bool holds(int fd, std::string_view content) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || status.st_size != std::ssize(content) || content.empty()) return false;
  void* mapped = ::mmap(nullptr, content.size(), PROT_READ, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) return false;
  const bool same = std::memcmp(mapped, content.data(), content.size()) == 0;
  ::munmap(mapped, content.size());
  return same;
}

}  // namespace

base::Result<UniqueFd> make_sealed_file(const char* name, std::string_view content) {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  UniqueFd fd(::memfd_create(name, kFlags | kExecutable));
  // The flag is new in kernel 6.3; before that every memory file may be executed.
  if (!fd.valid() && errno == EINVAL) fd.reset(::memfd_create(name, kFlags));
  if (!fd.valid()) return call_failed(fmt::format("memfd_create(\"{}\")", name));
  TRY(write_all(fd.value(), content));
  if (::fcntl(fd.value(), F_ADD_SEALS, kSeals) != 0) return call_failed("fcntl(F_ADD_SEALS)");
  return fd;
}

std::optional<UniqueFd> find_sealed_file(pid_t process, std::string_view content) {
  auto file = open_file(fmt::format("/proc/{}/exe", process), O_RDONLY);
  if (!file) return std::nullopt;
  // Sealed first: what is compared then stays as it is.
  const int seals = ::fcntl(file->value(), F_GET_SEALS);
  if (seals < 0 || (seals & kSeals) != kSeals || !holds(file->value(), content)) return std::nullopt;
  return *std::move(file);
}

}  // namespace sys
