// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace sys {

/// Makes the calling thread give way to every other: nice 19 and idle disk priority. Best effort.
void lower_thread_priority();

}  // namespace sys
