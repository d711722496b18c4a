// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal_session.h"

#include <string_view>

#include <fmt/format.h>

#include "base/split.h"

namespace cli {
namespace {

constexpr int kStdin = 0, kStdout = 1, kStderr = 2;
// Ctrl-P Ctrl-Q
constexpr std::string_view kDetachKeys = "\x10\x11";

}  // namespace

base::Result<std::optional<std::string>> parse_detach_keys(std::string_view text) {
  if (text.empty()) return std::optional<std::string>();
  constexpr std::string_view kControl = "ctrl-";
  std::string out;
  for (const std::string& key : base::split(text, ',')) {
    const bool control = key.starts_with(kControl) && key.size() == kControl.size() + 1;
    const char letter = key.empty() ? '\0' : key.back();
    if (control && letter >= 'a' && letter <= 'z') {
      out += static_cast<char>(letter - 'a' + 1);
    } else if (control && letter >= '@' && letter <= '_') {
      out += static_cast<char>(letter - '@');
    } else if (key.size() == 1) {
      out += letter;
    } else {
      return base::fail(
          base::make_error(base::ErrorClass::Invalid, fmt::format("invalid --detach-keys \"{}\"", text))
              .with_hint("keys are letters or ctrl-<letter>, with commas: ctrl-x,q"));
    }
  }
  return std::optional(std::move(out));
}

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
