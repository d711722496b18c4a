// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

// The library's own would describe the exception, for which it brings a demangler and all of stdio's
// formatting; this program is built without exceptions.
namespace __gnu_cxx {
void __verbose_terminate_handler();
void __verbose_terminate_handler() { std::abort(); }
}  // namespace __gnu_cxx
