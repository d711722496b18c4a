// SPDX-License-Identifier: Apache-2.0
#include "cli/render/container_text.h"

#include <algorithm>
#include <ctime>
#include <set>

#include <fmt/format.h>

#include "base/split.h"

namespace cli {

using model::ContainerStatus;

namespace {

/// As one word of a shell's command line.
std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string to_human_duration(std::chrono::nanoseconds duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  const auto hours = seconds / 3600;
  if (seconds < 1) return "Less than a second";
  if (seconds == 1) return "1 second";
  if (seconds < 60) return fmt::format("{} seconds", seconds);
  if (seconds < 120) return "About a minute";
  if (seconds < 3600) return fmt::format("{} minutes", seconds / 60);
  if ((seconds + 1800) / 3600 == 1) return "About an hour";
  if (hours < 48) return fmt::format("{} hours", (seconds + 1800) / 3600);
  if (hours < 24 * 7 * 2) return fmt::format("{} days", hours / 24);
  if (hours < 24 * 30 * 2) return fmt::format("{} weeks", hours / 24 / 7);
  if (hours < 24 * 365 * 2) return fmt::format("{} months", hours / 24 / 30);
  return fmt::format("{} years", hours / 24 / 365);
}

std::string local_time_text(model::TimePoint time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(time));
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char text[64];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z %Z", &parts);
  return text;
}

std::string status_text(const model::ObservedContainer& container, model::TimePoint now) {
  const std::string ended = to_human_duration(now - container.finished);
  switch (container.status) {
    case ContainerStatus::Created: return "Created";
    case ContainerStatus::Dead: return "Dead";
    case ContainerStatus::Exited: return fmt::format("Exited ({}) {} ago", container.exit_code, ended);
    case ContainerStatus::Restarting:
      return fmt::format("Restarting ({}) {} ago", container.exit_code, ended);
    case ContainerStatus::Running:
    case ContainerStatus::Paused: break;
  }
  std::string out = "Up " + to_human_duration(now - container.started);
  if (container.status == ContainerStatus::Paused) return out + " (Paused)";
  switch (container.health) {
    case model::Health::None: return out;
    case model::Health::Starting: return out + " (health: starting)";
    case model::Health::Healthy: return out + " (healthy)";
    case model::Health::Unhealthy: return out + " (unhealthy)";
  }
  return out;
}

std::string ports_text(const model::ObservedContainer& container) {
  std::vector<std::string> out;
  std::set<std::string> published;
  for (const model::PublishedPort& port : container.ports) {
    const std::string inner = fmt::format("{}/{}", port.container_port, port.protocol);
    published.insert(inner);
    if (port.host_port == 0) {
      out.push_back(inner);
      continue;
    }
    const auto add = [&](const std::string& ip) {
      const bool ipv6 = ip.find(':') != std::string::npos;
      out.push_back(fmt::format("{}:{}->{}", ipv6 ? "[" + ip + "]" : ip, port.host_port, inner));
    };
    if (port.host_ip.empty()) {
      add("0.0.0.0");
      add("::");
    } else {
      add(port.host_ip);
    }
  }
  for (const std::string& exposed : container.exposed) {
    if (!published.contains(exposed)) out.push_back(exposed);
  }
  return base::join(out, ", ");
}

std::string command_text(const model::ObservedContainer& container, Truncate truncate) {
  constexpr std::size_t kShown = 20;
  std::string text;
  for (const std::string& word : container.command) text += (text.empty() ? "" : " ") + quoted(word);
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (truncate == Truncate::Yes && text.size() > kShown) text = text.substr(0, kShown - 1) + "…";
  return fmt::format("\"{}\"", text);
}

}  // namespace cli
