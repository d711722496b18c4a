// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal_session.h"

#include <string_view>

namespace cli {
namespace {

constexpr int kStdin = 0, kStdout = 1, kStderr = 2;
// Ctrl-P Ctrl-Q
constexpr std::string_view kDetachKeys = "\x10\x11";

}  // namespace

bool TerminalSession::is_possible() { return sys::is_terminal(kStdin) && sys::is_terminal(kStdout); }

base::Result<TerminalSession> TerminalSession::open(bool tty, bool interactive) {
  TerminalSession out;
  out.streams_.standard_input = interactive ? kStdin : -1;
  out.streams_.standard_output = kStdout;
  out.streams_.standard_error = kStderr;
  out.streams_.tty = tty;
  if (!tty) return out;
  const auto size = sys::terminal_size(kStdout).value_or(sys::TerminalSize{24, 80});
  out.streams_.rows = size.rows;
  out.streams_.columns = size.columns;
  out.streams_.detach_keys = kDetachKeys;
  if (interactive && sys::is_terminal(kStdin)) out.raw_ = TRY(sys::RawMode::enter(kStdin));
  return out;
}

}  // namespace cli
