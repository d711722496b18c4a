// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace sys {

/// A shared library loaded at the moment it is needed (dlopen). It stays loaded for the process's life.
class SharedLibrary {
 public:
  /// By soname, from the system's own folders. NotFound when it is not installed.
  static base::Result<SharedLibrary> open(const std::string& soname);

  /// Puts the function's address into `function`; false when the library has no such name.
  template <class Function>
  bool find(const char* name, Function*& function) const {
    function = reinterpret_cast<Function*>(find_address(name));
    return function != nullptr;
  }

 private:
  explicit SharedLibrary(void* handle) : handle_(handle) {}
  void* find_address(const char* name) const;
  void* handle_;
};

}  // namespace sys
