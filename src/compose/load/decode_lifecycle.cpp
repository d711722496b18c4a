// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include <fmt/format.h>

#include "base/split.h"
#include "compose/load/decode.h"

namespace compose::load {
namespace {

using model::RestartMode;

/// compose-spec: services.*.restart: no, always, unless-stopped, on-failure[:attempts]
void decode_restart(const Tree& node, const Path& path, const LoadContext& context,
                    model::RestartPolicy& policy) {
  const Tree* restart = node.find_value("restart");
  if (restart == nullptr) return;
  const auto [name, attempts] = base::split_once(restart->text, ':');
  const auto invalid = [&](std::string_view why) {
    context.error(path.child("restart"), restart->span, why,
                  "use no, always, unless-stopped or on-failure[:attempts]");
  };
  if (name == "always")
    policy.mode = RestartMode::Always;
  else if (name == "unless-stopped")
    policy.mode = RestartMode::UnlessStopped;
  else if (name == "on-failure")
    policy.mode = RestartMode::OnFailure;
  else if (name != "no" && !name.empty())
    return invalid(fmt::format("unknown restart policy \"{}\"", restart->text));
  if (attempts.empty()) return;
  const auto parsed =
      std::from_chars(attempts.data(), attempts.data() + attempts.size(), policy.max_attempts);
  const bool number = parsed.ec == std::errc{} && parsed.ptr == attempts.data() + attempts.size();
  if (!number || policy.max_attempts < 0 || policy.mode != RestartMode::OnFailure) {
    invalid(fmt::format("\"{}\" is not a number of attempts for {}", attempts, name));
  }
}

/// compose-spec: deploy.restart_policy wins over restart.
void decode_deploy_restart(const Tree& node, model::RestartPolicy& policy) {
  const Tree* deploy = node.find_value("deploy");
  const Tree* wanted = deploy == nullptr ? nullptr : deploy->find_value("restart_policy");
  if (wanted == nullptr) return;
  const std::string condition = text(*wanted, "condition");
  if (condition == "none" || condition == "no")
    policy.mode = RestartMode::No;
  else if (condition == "on-failure")
    policy.mode = RestartMode::OnFailure;
  else if (condition == "unless-stopped")
    policy.mode = RestartMode::UnlessStopped;
  else
    policy.mode = RestartMode::Always;
  policy.max_attempts = policy.mode == RestartMode::OnFailure
                            ? static_cast<int>(integer(*wanted, "max_attempts").value_or(0))
                            : 0;
}

void decode_health_check(const Tree& node, model::Service& service) {
  const Tree* check = node.find_value("healthcheck");
  if (check == nullptr) return;
  model::HealthCheck health{.test = text_list(*check, "test"),
                            .interval = duration(*check, "interval"),
                            .timeout = duration(*check, "timeout"),
                            .start_period = duration(*check, "start_period"),
                            .start_interval = duration(*check, "start_interval"),
                            .retries = {}};
  if (const auto retries = integer(*check, "retries")) health.retries = static_cast<int>(*retries);
  if (flag(*check, "disable")) health.test = {"NONE"};
  service.health_check = std::move(health);
}

model::Hook decode_hook(const Tree& node) {
  return {.command = words(node, "command"),
          .user = text(node, "user"),
          .working_dir = text(node, "working_dir"),
          .image = text(node, "image"),
          .privileged = flag(node, "privileged"),
          .per_replica = flag(node, "per_replica"),
          .environment = optional_map(node, "environment")};
}

std::vector<model::Hook> decode_hooks(const Tree& node, std::string_view key) {
  std::vector<model::Hook> hooks;
  if (const Tree* list = node.find(key)) {
    for (const Tree& item : list->items) hooks.push_back(decode_hook(item));
  }
  return hooks;
}

void decode_watch(const Tree& node, model::Service& service) {
  const Tree* develop = node.find_value("develop");
  const Tree* rules = develop == nullptr ? nullptr : develop->find_value("watch");
  if (rules == nullptr) return;
  for (const Tree& item : rules->items) {
    model::WatchRule rule{.path = text(item, "path"),
                          .action = text(item, "action"),
                          .target = text(item, "target"),
                          .ignore = text_list(item, "ignore"),
                          .include = text_list(item, "include"),
                          .exec = {},
                          .initial_sync = flag(item, "initial_sync")};
    if (const Tree* exec = item.find_value("exec")) rule.exec = decode_hook(*exec);
    service.watch.push_back(std::move(rule));
  }
}

}  // namespace

void decode_lifecycle(const Tree& node, const Path& path, const LoadContext& context,
                      model::Service& service) {
  service.stop_signal = text(node, "stop_signal");
  service.stop_grace_period = duration(node, "stop_grace_period");
  decode_restart(node, path, context, service.restart);
  decode_deploy_restart(node, service.restart);
  decode_health_check(node, service);
  service.pre_start = decode_hooks(node, "pre_start");
  service.post_start = decode_hooks(node, "post_start");
  service.pre_stop = decode_hooks(node, "pre_stop");
  decode_watch(node, service);
  if (const Tree* provider = node.find_value("provider")) {
    model::Provider value{.type = text(*provider, "type"), .options = {}};
    if (const Tree* options = provider->find_value("options")) {
      for (const Entry& entry : options->entries)
        value.options.emplace(entry.key, text_list(*options, entry.key));
    }
    service.provider = std::move(value);
  }
  const Tree* deploy = node.find_value("deploy");
  auto scale = integer(node, "scale");
  if (!scale && deploy != nullptr) scale = integer(*deploy, "replicas");
  if (scale) service.scale = static_cast<int>(*scale);
}

}  // namespace compose::load
