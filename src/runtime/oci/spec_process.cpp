// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "base/suggest.h"
#include "runtime/oci/spec_parts.h"

namespace runtime::oci {
namespace {

constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};
constexpr std::string_view kDefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The same whoever starts the container: what an engine started by systemd would give it.
std::vector<Rlimit> default_rlimits() {
  return {{"RLIMIT_CORE", kUnlimited, kUnlimited, true},
          {"RLIMIT_NOFILE", 1024, 524288, true},
          {"RLIMIT_NPROC", kUnlimited, kUnlimited, true}};
}

constexpr std::array<std::string_view, 16> kRlimits{
    "as",   "core",   "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue",
    "nice", "nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack"};

std::string_view name_of(std::string_view entry) { return entry.substr(0, entry.find('=')); }

/// Replaces the entry of that name, or appends; a bare name removes.
void set_entry(std::vector<std::string>& environment, const std::string& entry) {
  const std::string_view name = name_of(entry);
  const auto found = std::find_if(environment.begin(), environment.end(),
                                  [name](const std::string& other) { return name_of(other) == name; });
  const bool removes = entry.find('=') == std::string::npos;
  if (found != environment.end() && removes)
    environment.erase(found);
  else if (found != environment.end())
    *found = entry;
  else if (!removes)
    environment.push_back(entry);
}

std::uint64_t limit_value(std::int64_t value) {
  return value < 0 ? kUnlimited : static_cast<std::uint64_t>(value);
}

base::Result<std::vector<Rlimit>> make_rlimits(const model::ContainerSpec& request) {
  std::vector<Rlimit> limits = default_rlimits();
  for (const auto& [name, ulimit] : request.resources.ulimits) {
    if (std::find(kRlimits.begin(), kRlimits.end(), name) == kRlimits.end()) {
      base::Error error =
          base::make_error(base::ErrorClass::Invalid, fmt::format("unknown ulimit \"{}\"", name));
      const std::string nearest = base::nearest_name(name, kRlimits);
      if (!nearest.empty()) error.hint = fmt::format("did you mean {}?", nearest);
      return base::fail(std::move(error));
    }
    Rlimit limit{"RLIMIT_" + name, limit_value(ulimit.soft), limit_value(ulimit.hard)};
    for (char& c : limit.type) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    if (limit.soft > limit.hard) {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("ulimit {}: the soft limit {} is above the hard limit {}", name,
                                    ulimit.soft, ulimit.hard));
    }
    const auto same = std::find_if(limits.begin(), limits.end(),
                                   [&limit](const Rlimit& other) { return other.type == limit.type; });
    if (same != limits.end())
      *same = limit;
    else
      limits.push_back(limit);
  }
  return limits;
}

}  // namespace

base::Result<std::vector<std::string>> make_arguments(const model::ContainerSpec& request,
                                                      const model::ObservedImage& image) {
  std::vector<std::string> arguments = request.entrypoint.value_or(image.entrypoint);
  // An entrypoint of the request was written for other arguments than the image's command.
  const bool own_entrypoint = request.entrypoint && !request.entrypoint->empty();
  std::vector<std::string> command;
  if (request.command)
    command = *request.command;
  else if (!own_entrypoint)
    command = image.command;
  // `--entrypoint ""` arrives as one empty word.
  if (arguments.size() == 1 && arguments.front().empty()) arguments.clear();
  arguments.insert(arguments.end(), command.begin(), command.end());
  if (!arguments.empty()) return arguments;
  return base::fail(base::make_error(base::ErrorClass::Invalid, "there is no command to run")
                        .with_hint("the image has none: set `command` or `entrypoint`"));
}

std::vector<std::string> make_environment(const model::ContainerSpec& request,
                                          const model::ObservedImage& image, const std::string& hostname) {
  std::vector<std::string> environment{std::string(kDefaultPath)};
  if (!hostname.empty()) environment.push_back("HOSTNAME=" + hostname);
  if (request.tty) environment.push_back("TERM=xterm");
  for (const std::string& entry : image.environment) set_entry(environment, entry);
  for (const std::string& entry : request.environment) set_entry(environment, entry);
  return environment;
}

base::Result<> add_process(const model::ContainerSpec& request, const model::ObservedImage& image,
                           const SpecInputs& inputs, Spec& spec) {
  Process& process = spec.process;
  process.args = TRY(make_arguments(request, image));
  const std::string hostname = inputs.hostname.empty() ? inputs.id.substr(0, 12) : inputs.hostname;
  process.env = make_environment(request, image, hostname);
  process.terminal = request.tty;
  process.cwd = !request.working_dir.empty() ? request.working_dir : image.working_dir;
  if (process.cwd.empty()) process.cwd = "/";
  if (process.cwd.front() != '/') {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("the working directory \"{}\" is not an absolute path", process.cwd));
  }
  process.user.name = !request.user.empty() ? request.user : image.user;
  process.user.groups = request.group_add;
  process.rlimits = TRY(make_rlimits(request));
  process.oom_score_adj = request.resources.oom_score_adj;
  spec.init = request.init;
  return {};
}

}  // namespace runtime::oci
