// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace compose::load {

/// A variable with where it was set: "the environment", ".env:3".
struct Variable {
  std::string value;
  std::string origin;
};

/// The variables that interpolation and bare environment names see. compose-spec: interpolation
class Environment {
 public:
  const Variable* find(std::string_view name) const {
    const auto found = variables_.find(name);
    return found == variables_.end() ? nullptr : &found->second;
  }
  /// Whether a variable is a switch that is on: "1", "true", "yes".
  bool is_on(std::string_view name) const;
  /// Sets a variable unless it is set already: what came first wins.
  void add(std::string name, std::string value, std::string origin) {
    variables_.try_emplace(std::move(name), Variable{std::move(value), std::move(origin)});
  }
  void set(std::string name, std::string value, std::string origin) {
    variables_.insert_or_assign(std::move(name), Variable{std::move(value), std::move(origin)});
  }
  const std::map<std::string, Variable, std::less<>>& all() const { return variables_; }

 private:
  std::map<std::string, Variable, std::less<>> variables_;
};

}  // namespace compose::load
