// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>

#include <tl/expected.hpp>

#include "base/error.h"

namespace base {

/// A value or an Error: the one error channel of this program.
template <class T = void>
using Result = tl::expected<T, Error>;

/// `return fail(ErrorClass::NotFound, "no such image: x");`
inline tl::unexpected<Error> fail(ErrorClass error_class, std::string message) {
  return tl::unexpected<Error>(make_error(error_class, std::move(message)));
}

/// `return fail(std::move(error));`
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

/// What TRY yields once it has seen that there is a value: moved out of a temporary and of a variable,
/// copied from a constant.
template <class T>
T take_value(Result<T>&& result) {
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}
template <class T>
T take_value(Result<T>& result) {
  return take_value(std::move(result));
}
template <class T>
T take_value(const Result<T>& result) {
  if constexpr (!std::is_void_v<T>) return *result;
}

}  // namespace base

/// The value of a Result, or return its Error from the enclosing function.
/// `const UniqueFd fd = TRY(open_file(path, O_RDONLY));`
#define TRY(expression) TRY_AS(TRY_NAME(__COUNTER__), expression, static_cast<void>(0))

/// As TRY, adding one "while ..." line to the Error on its way up.
#define TRY_WHILE(expression, doing)                  \
  TRY_AS(TRY_NAME(__COUNTER__), expression,           \
         static_cast<void>(std::move(error_).while_doing(doing)))

#define TRY_NAME(number) TRY_NAME_(number)
#define TRY_NAME_(number) try_result_##number
#define TRY_AS(result, expression, amend)                 \
  __extension__({                                         \
    auto&& result = (expression);                         \
    if (!result) [[unlikely]] {                           \
      ::base::Error error_ = std::move(result).error();   \
      amend;                                              \
      return ::tl::unexpected<::base::Error>(std::move(error_)); \
    }                                                     \
    ::base::take_value(std::forward<decltype(result)>(result)); \
  })
