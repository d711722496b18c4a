// SPDX-License-Identifier: Apache-2.0
#include "cli/prune_flags.h"

#include <fmt/format.h>

#include "base/split.h"
#include "cli/time_option.h"
#include "sys/terminal.h"

namespace cli {
namespace {

engine_client::LabelCondition parse_label(std::string_view text, bool negated) {
  const auto [key, value] = base::split_once(text, '=');
  engine_client::LabelCondition out{std::string(key), std::nullopt, negated};
  if (text.find('=') != std::string_view::npos) out.value = std::string(value);
  return out;
}

}  // namespace

base::Result<bool> parse_switch(std::string_view text) {
  const std::string word = base::to_lower(text);
  if (word == "true" || word == "1" || word == "t") return true;
  if (word == "false" || word == "0" || word == "f") return false;
  return base::fail(base::ErrorClass::Invalid, fmt::format("\"{}\" is neither true nor false", text));
}

base::Result<PruneFilters> parse_prune_filters(const std::vector<std::string>& entries, bool takes_dangling) {
  PruneFilters out;
  for (const std::string& entry : entries) {
    const auto [key, value] = base::split_once(entry, '=');
    if (key == "until") {
      out.filter.created_before = TRY(parse_time(value, std::chrono::system_clock::now()));
    } else if (key == "label" || key == "label!") {
      out.filter.labels.push_back(parse_label(value, key == "label!"));
    } else if (key == "dangling" && takes_dangling) {
      out.dangling = TRY(parse_switch(value));
    } else {
      return base::fail(
          base::make_error(base::ErrorClass::Invalid, fmt::format("unknown filter \"{}\"", entry))
              .with_hint(takes_dangling ? "there are until=, label=, label!= and dangling="
                                        : "there are until=, label= and label!="));
    }
  }
  return out;
}

base::Result<bool> may_remove(Invocation& invocation, bool force, const std::string& consequence) {
  if (force) return true;
  constexpr int kStdin = 0;
  if (!sys::is_terminal(kStdin)) {
    return base::fail(
        base::make_error(
            base::ErrorClass::Invalid,
            fmt::format("{}: that must be confirmed, and there is no terminal to ask at", consequence))
            .with_hint("use --force"));
  }
  fmt::print(stderr, "WARNING! {}.\n", consequence);
  return TRY(invocation.session())->confirm("Are you sure you want to continue?");
}

}  // namespace cli
