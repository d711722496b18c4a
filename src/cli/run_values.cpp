// SPDX-License-Identifier: Apache-2.0
#include "cli/run_values.h"

#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "base/split.h"

namespace cli {
namespace {

std::string absolute_path(std::string_view path, const std::string& folder) {
  return (std::filesystem::path(folder) / path).lexically_normal().string();
}

}  // namespace

base::Result<model::ServicePort> parse_publish(std::string_view text) {
  const auto invalid = [&] {
    return base::fail(base::make_error(base::ErrorClass::Invalid, fmt::format("invalid port \"{}\"", text))
                          .with_hint("expected [IP:][HOST:]CONTAINER[/PROTOCOL]"));
  };
  model::ServicePort port;
  auto [addresses, protocol] = base::split_once(text, '/');
  if (!protocol.empty()) port.protocol = protocol;
  if (port.protocol != "tcp" && port.protocol != "udp" && port.protocol != "sctp") return invalid();
  const auto last = addresses.rfind(':');
  const std::string_view target = last == std::string_view::npos ? addresses : addresses.substr(last + 1);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(target.data(), target.data() + target.size(), value);
  if (error != std::errc() || end != target.data() + target.size() || value == 0 || value > 65535)
    return invalid();
  port.target = static_cast<std::uint16_t>(value);
  if (last == std::string_view::npos) return port;
  const std::string_view host = addresses.substr(0, last);
  const auto colon = host.rfind(':');
  port.published = colon == std::string_view::npos ? host : host.substr(colon + 1);
  if (colon == std::string_view::npos) return port;
  std::string_view ip = host.substr(0, colon);
  if (ip.starts_with('[') && ip.ends_with(']')) ip = ip.substr(1, ip.size() - 2);
  port.host_ip = ip;
  return port;
}

base::Result<model::MountSpec> parse_volume(std::string_view text, const std::string& folder) {
  const auto parts = base::split(text, ':');
  model::MountSpec mount;
  if (parts.size() > 3 || parts.front().empty() || (parts.size() > 1 && parts[1].empty())) {
    return base::fail(base::make_error(base::ErrorClass::Invalid, fmt::format("invalid volume \"{}\"", text))
                          .with_hint("expected [SOURCE:]TARGET[:ro]"));
  }
  mount.target = parts.size() == 1 ? parts[0] : parts[1];
  if (!mount.target.starts_with('/')) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("invalid volume \"{}\": the target must be an absolute path", text));
  }
  if (parts.size() > 1) {
    const bool is_path = parts[0].find_first_of("/.~") == 0;
    mount.type = is_path ? model::MountType::Bind : model::MountType::Volume;
    mount.source = is_path ? absolute_path(parts[0], folder) : parts[0];
  }
  if (parts.size() == 3) {
    for (const std::string& option : base::split(parts[2], ',')) {
      if (option == "ro") mount.read_only = true;
    }
  }
  return mount;
}

base::Result<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else if (c == '\\' && quote == '"' && i + 1 < text.size()) {
        word += text[++i];
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == '\\' && i + 1 < text.size()) {
      word += text[++i];
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (in_word) out.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) {
    return base::fail(base::ErrorClass::Invalid, fmt::format("a quote is not closed in: {}", text));
  }
  if (in_word) out.push_back(std::move(word));
  return out;
}

base::Result<std::vector<std::string>> read_env_files(const std::vector<std::string>& paths,
                                                      const compose::load::FileSource& files,
                                                      const std::string& folder) {
  std::vector<std::string> out;
  for (const std::string& path : paths) {
    for (const std::string& line : base::split(TRY(files.read(absolute_path(path, folder))), '\n')) {
      const std::string_view text = base::trim(line);
      if (!text.empty() && text.front() != '#') out.emplace_back(text);
    }
  }
  return out;
}

}  // namespace cli
