// SPDX-License-Identifier: Apache-2.0
#include "sys/user_mask.h"

#include <sys/stat.h>

namespace sys {
namespace {

constexpr mode_t kOwnMask = 022;
mode_t users = kOwnMask;

}  // namespace

void set_own_mask() { users = ::umask(kOwnMask); }

unsigned user_mask() { return users; }

}  // namespace sys
