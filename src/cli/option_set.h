// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/duration.h"
#include "base/result.h"

namespace cli {

/// How arguments that are no options are taken.
enum class Positionals {
  Anywhere,      ///< Between options, too: `up web -d`.
  EndOfOptions,  ///< The first one ends the options: `exec web ls -l`.
};

/// How many arguments that are no options a command takes.
struct ArgumentCount {
  std::size_t least = 0, most = 0;
};
inline constexpr std::size_t kAnyNumber = SIZE_MAX;

/// The options of one command: where each goes, and its help. Names are as on the command line,
/// separated by commas: "-d,--detach". Targets must outlive parse().
class OptionSet {
 public:
  /// `usage`: what follows the command, "[OPTIONS] [SERVICE...]".
  OptionSet(std::string command, std::string usage, std::string summary);
  ~OptionSet();
  OptionSet(OptionSet&&) noexcept;

  OptionSet& flag(const std::string& names, bool& target, const std::string& help);
  OptionSet& text(const std::string& names, std::string& target, const std::string& help,
                  const std::string& value_name = "string");
  OptionSet& list(const std::string& names, std::vector<std::string>& target, const std::string& help,
                  const std::string& value_name = "string");
  OptionSet& number(const std::string& names, std::optional<int>& target, const std::string& help);
  OptionSet& seconds(const std::string& names, std::optional<base::Duration>& target,
                     const std::string& help);
  OptionSet& choice(const std::string& names, std::string& target, std::vector<std::string> allowed,
                    const std::string& help);
  /// Accepted for compatibility, without effect and without help.
  OptionSet& ignored_flag(const std::string& names);
  OptionSet& ignored_text(const std::string& names);

  /// Any number unless this says otherwise; with fewer parse() fails with `message`.
  OptionSet& takes(ArgumentCount count, const char* message = "");

  /// The positional arguments; nothing when the help was asked for (and printed). Invalid otherwise, with
  /// the nearest known option as a hint.
  base::Result<std::optional<std::vector<std::string>>> parse(
      const std::vector<std::string>& arguments, Positionals positionals = Positionals::Anywhere);
  std::string help() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// "K=V" entries as a map; a bare "K" gives an empty value.
std::map<std::string, std::string> to_map(const std::vector<std::string>& entries);

}  // namespace cli
