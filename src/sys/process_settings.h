// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace sys {

/// What ps(1) and top(1) show; cut to 15 bytes.
void set_process_name(const char* name);

/// Nobody but root may look into this process or follow its /proc links. man 2 prctl, PR_SET_DUMPABLE.
void hide_process();

/// Asks the kernel to kill others first when memory is short. Without the privilege: nothing changes.
void protect_from_oom();
/// The value /proc/self/oom_score_adj had before protect_from_oom(), 0 if that was not called: what
/// children should be set back to.
int oom_score_before_protection();

}  // namespace sys
