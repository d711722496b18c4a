// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

namespace sys {

/// From here on printing to `stdout` and `stderr` never fails: once one of them cannot be written to, what is
/// printed there is dropped, and the work that is told of goes on. To be called before anything is printed.
void collect_output_errors();

/// Writes what `stdout` holds back. The first failure of it, or of an earlier write; Cancelled when the
/// reader is gone, who wanted no more.
base::Result<> finish_output();

/// Whether the reader of `stdout` is gone: what goes on until then may end.
bool output_has_no_reader();

}  // namespace sys
