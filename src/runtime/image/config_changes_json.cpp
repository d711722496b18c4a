// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/config_changes.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/duration.h"
#include "base/split.h"
#include "runtime/image/config_limits.h"

namespace runtime::image {
namespace {

tl::unexpected<base::Error> invalid(std::string message) {
  return base::fail(base::ErrorClass::Invalid, std::move(message));
}

/// ["a","b"], or nothing when the text is no JSON list of strings.
std::optional<std::vector<std::string>> parse_list(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_array()) return std::nullopt;
  std::vector<std::string> out;
  for (const auto& item : json) {
    if (!item.is_string()) return std::nullopt;
    out.push_back(item.get<std::string>());
  }
  return out;
}

/// Exec form as written, shell form through the image's shell.
std::vector<std::string> parse_command(const ImageConfig& config, std::string_view text) {
  if (auto list = parse_list(text)) return *std::move(list);
  std::vector<std::string> out =
      config.shell.empty() ? std::vector<std::string>{"/bin/sh", "-c"} : config.shell;
  out.emplace_back(text);
  return out;
}

/// Words apart by blanks; quotes and backslashes keep blanks inside.
base::Result<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> out;
  bool inside = false;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == '\0' && (c == ' ' || c == '\t')) {
      inside = false;
      continue;
    }
    if (!inside) out.emplace_back();
    inside = true;
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      out.back() += text[++i];
    } else if (quote != '\0' ? c == quote : (c == '"' || c == '\'')) {
      quote = quote == '\0' ? c : '\0';
    } else {
      out.back() += c;
    }
  }
  if (quote != '\0') return invalid(fmt::format("a quote is not closed: {}", text));
  return out;
}

/// "K=V K2=V2", or the old "K V".
base::Result<std::vector<std::pair<std::string, std::string>>> parse_pairs(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> out;
  const std::vector<std::string> words = TRY(split_words(text));
  if (!words.empty() && words.front().find('=') == std::string::npos) {
    const auto [key, value] = base::split_once(text, ' ');
    out.emplace_back(key, base::trim(value));
    return out;
  }
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      return invalid(fmt::format("\"{}\" is not KEY=VALUE", word));
    out.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return out;
}

void set_variable(ImageConfig& config, const std::string& key, const std::string& value) {
  const std::string entry = key + "=" + value;
  for (std::string& existing : config.environment) {
    if (existing.starts_with(key + "=")) {
      existing = entry;
      return;
    }
  }
  config.environment.push_back(entry);
}

void insert_sorted(std::vector<std::string>& set, const std::string& value) {
  const auto at = std::lower_bound(set.begin(), set.end(), value);
  if (at == set.end() || *at != value) set.insert(at, value);
}

base::Result<> apply_health_check(ImageConfig& config, std::string_view text) {
  model::HealthCheck check;
  while (text.starts_with("--")) {
    const auto [option, rest] = base::split_once(text, ' ');
    const auto [name, value] = base::split_once(option.substr(2), '=');
    text = base::trim(rest);
    if (name == "retries") {
      int retries = -1;
      std::from_chars(value.data(), value.data() + value.size(), retries);
      if (retries < 0 || retries > kMostRetries)
        return invalid(fmt::format("HEALTHCHECK: \"{}\" is no number of retries", value));
      check.retries = retries;
      continue;
    }
    const base::Duration duration = TRY(base::parse_duration(value));
    if (name == "interval") {
      check.interval = duration;
    } else if (name == "timeout") {
      check.timeout = duration;
    } else if (name == "start-period") {
      check.start_period = duration;
    } else if (name == "start-interval") {
      check.start_interval = duration;
    } else {
      return invalid(fmt::format("HEALTHCHECK has no option --{}", name));
    }
  }
  const auto [kind, command] = base::split_once(text, ' ');
  if (base::to_lower(kind) == "none") {
    check.test = {"NONE"};
  } else if (base::to_lower(kind) == "cmd" && !base::trim(command).empty()) {
    if (auto list = parse_list(base::trim(command))) {
      check.test = *std::move(list);
      check.test.insert(check.test.begin(), "CMD");
    } else {
      check.test = {"CMD-SHELL", std::string(base::trim(command))};
    }
  } else {
    return invalid("HEALTHCHECK takes CMD or NONE");
  }
  config.health_check = std::move(check);
  return {};
}

base::Result<> apply_pairs(ImageConfig& config, std::string_view name, std::string_view text) {
  for (const auto& [key, value] : TRY(parse_pairs(text))) {
    if (name == "env") {
      set_variable(config, key, value);
    } else {
      config.labels[key] = value;
    }
  }
  return {};
}

base::Result<> apply_words(ImageConfig& config, std::string_view name, std::string_view text) {
  std::vector<std::string> words;
  if (auto list = parse_list(text)) {
    words = *std::move(list);
  } else {
    words = TRY(split_words(text));
  }
  for (std::string word : words) {
    if (name == "expose" && word.find('/') == std::string::npos) word += "/tcp";
    insert_sorted(name == "expose" ? config.exposed_ports : config.volumes, word);
  }
  return {};
}

}  // namespace

base::Result<> apply_change(ImageConfig& config, std::string_view instruction) {
  const auto [word, rest] = base::split_once(base::trim(instruction), ' ');
  const std::string name = base::to_lower(word);
  const std::string_view text = base::trim(rest);
  if (text.empty()) return invalid(fmt::format("the change \"{}\" has no value", instruction));
  if (name == "cmd") {
    config.command = parse_command(config, text);
  } else if (name == "entrypoint") {
    config.entrypoint = parse_command(config, text);
  } else if (name == "env" || name == "label") {
    return apply_pairs(config, name, text);
  } else if (name == "expose" || name == "volume") {
    return apply_words(config, name, text);
  } else if (name == "healthcheck") {
    return apply_health_check(config, text);
  } else if (name == "onbuild") {
    config.on_build.emplace_back(text);
  } else if (name == "stopsignal") {
    config.stop_signal = text;
  } else if (name == "user") {
    config.user = text;
  } else if (name == "workdir") {
    config.working_dir = text;
  } else {
    return base::fail(
        base::make_error(base::ErrorClass::Invalid, fmt::format("\"{}\" cannot be changed at import", word))
            .with_hint("CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, "
                       "VOLUME and WORKDIR can"));
  }
  return {};
}

}  // namespace runtime::image
