// SPDX-License-Identifier: Apache-2.0
#include "sys/shared_library.h"

#include <dlfcn.h>

#include <fmt/format.h>

namespace sys {

base::Result<SharedLibrary> SharedLibrary::open(const std::string& soname) {
  void* handle = ::dlopen(soname.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* why = ::dlerror();
    return base::fail(base::ErrorClass::NotFound,
                      fmt::format("cannot load {}: {}", soname, why != nullptr ? why : "unknown reason"));
  }
  return SharedLibrary(handle);
}

void* SharedLibrary::find_address(const char* name) const { return ::dlsym(handle_, name); }

}  // namespace sys
