// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"

namespace base {

/// What kind of failure; callers branch on this, never on the message.
enum class ErrorClass {
  Invalid,      ///< The input is wrong and stays wrong.
  NotFound,     ///< The named thing does not exist.
  Conflict,     ///< The thing exists already, or is in a state that forbids the call.
  Permission,   ///< The caller may not do this.
  Unsupported,  ///< Valid, but this engine or machine cannot do it.
  Unavailable,  ///< A peer cannot be reached now; trying again may work.
  TimedOut,
  Cancelled,  ///< The user or the caller asked to stop.
  Io,         ///< A system call failed.
  Internal,   ///< A defect of this program.
};

/// One failure, as a value. Self-contained: it may outlive everything it speaks of.
struct Error {
  ErrorClass error_class = ErrorClass::Internal;
  std::string message;                ///< One line, no trailing period, no "error:".
  std::optional<Location> location;   ///< Where in the user's text, when there is a place.
  std::vector<std::string> context;   ///< "while ..." lines, innermost first.
  std::string hint;                   ///< What to do next; may be empty.
  int errno_value = 0;                ///< errno of a failed system call, else 0.
  int exit_code = 1;                  ///< What the process should exit with when this ends it.
  std::vector<Error> also;            ///< Further failures of the same work, in order.

  Error&& at(const Span& span) &&;
  Error&& while_doing(std::string what) &&;
  Error&& with_hint(std::string text) &&;
};

/// `make_error(ErrorClass::NotFound, "no such container: x")`
Error make_error(ErrorClass error_class, std::string message);

/// A failed system call: `mount("overlay", "/run/x"): Operation not permitted (EPERM)`.
/// `call` is the call with its arguments; the class follows from `errno_value`.
Error make_errno_error(std::string_view call, int errno_value);

/// One Error for several: the first, with the rest in `also`. `errors` must not be empty.
Error join_errors(std::vector<Error> errors);

/// "invalid", "not found", ...: for machine-readable output.
std::string_view to_text(ErrorClass error_class);

/// The whole text a user sees: position, message, source line with a mark, context, hint, then
/// each of `also` the same way; control characters are '?'. `severity` is "error" or "warning". Ends with \n.
std::string to_text(const Error& error, std::string_view severity = "error");

}  // namespace base
