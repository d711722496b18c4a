// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace sys {

/// From here on this process makes files and folders with the modes the code says (umask 022): what is made
/// for containers, images and records does not depend on who runs the program. To be called before threads
/// start.
void set_own_mask();

/// The umask this process was started with: for files that are the user's own.
unsigned user_mask();

}  // namespace sys
