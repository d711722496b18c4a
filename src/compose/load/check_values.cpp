// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <vector>

#include "base/split.h"
#include "compose/load/passes.h"
#include "compose/load/short_ports.h"

namespace compose::load {
namespace {

bool is_true(const Tree* node) { return node != nullptr && node->kind == Kind::Bool && node->bool_value; }

class ValueChecker {
 public:
  explicit ValueChecker(const LoadContext& context) : context_(context) {}

  void service(const Tree& service, const Path& path) {
    each_item(service, "ports", path, &ValueChecker::port);
    each_item(service, "gpus", path, &ValueChecker::device_request);
    const Tree* node = service.find("deploy");
    const Path deploy = path.child("deploy"), resources = deploy.child("resources");
    for (const std::string_view key : {"resources", "reservations"}) {
      if (node != nullptr) node = node->find(key);
    }
    if (node != nullptr)
      each_item(*node, "devices", resources.child("reservations"), &ValueChecker::device_request);
    if (const Tree* develop = service.find("develop")) {
      each_item(*develop, "watch", path.child("develop"), &ValueChecker::watch_rule);
    }
  }

  /// compose-spec: configs and secrets have exactly one source.
  void file_object(const Tree& object, const Path& path, const std::vector<std::string_view>& sources) {
    if (!object.is_mapping()) return;
    std::vector<std::string> given;
    for (const std::string_view source : sources) {
      if (object.find_value(source) != nullptr) given.emplace_back(source);
    }
    const std::vector<std::string> all(sources.begin(), sources.end());
    if (given.size() > 1) {
      context_.error(path, object.span, fmt::format("{} are mutually exclusive", base::join(given, " and ")),
                     "keep one of them");
    } else if (given.empty() && object.find("driver") == nullptr && !is_true(object.find("external"))) {
      context_.error(path, object.span, fmt::format("one of {} must be set", base::join(all, ", ")));
    }
  }

  void volume(const Tree& volume, const Path& path) {
    if (!volume.is_mapping() || !is_true(volume.find("external"))) return;
    for (const Entry& entry : volume.entries) {
      if (entry.key == "name" || entry.key == "external" || entry.key.starts_with("x-")) continue;
      context_.error(path, entry.key_span, fmt::format("external and {} cannot both be set", entry.key),
                     "an external volume is created elsewhere: only its name may be given");
    }
  }

 private:
  using Check = void (ValueChecker::*)(const Tree&, const Path&);

  void each_item(const Tree& parent, std::string_view key, const Path& path, Check check) {
    const Tree* list = parent.find(key);
    if (list == nullptr) return;
    const Path here = path.child(key);
    for (std::size_t i = 0; i < list->items.size(); ++i) (this->*check)(list->items[i], here.item(i));
  }

  void port(const Tree& port, const Path& path) {
    const Tree* ip = port.find_value("host_ip");
    if (ip != nullptr && !ip->text.empty() && !is_ip_address(ip->text)) {
      context_.error(path.child("host_ip"), ip->span, fmt::format("invalid IP address \"{}\"", ip->text));
    }
    const Tree* target = port.find_value("target");
    if (target != nullptr && target->kind == Kind::Int &&
        (target->int_value < 1 || target->int_value > 65535)) {
      context_.error(path.child("target"), target->span,
                     fmt::format("container port {} is out of range (1-65535)", target->int_value));
    }
    const Tree* published = port.find_value("published");
    if (published == nullptr || scalar_text(*published).empty()) return;
    const auto parsed = parse_short_port(fmt::format("{}:1", scalar_text(*published)));
    if (!parsed) context_.error(path.child("published"), published->span, parsed.error().message);
  }

  void device_request(const Tree& request, const Path& path) {
    const Tree* count = request.find("count");
    if (count != nullptr && request.find("device_ids") != nullptr) {
      context_.error(path, count->span, "count and device_ids are mutually exclusive", "keep one of them");
    }
  }

  void watch_rule(const Tree& rule, const Path& path) {
    const Tree* watched = rule.find("path");
    if (watched != nullptr && watched->text.empty())
      context_.error(path.child("path"), watched->span, "is empty");
    const std::string_view action = rule.text_of("action");
    if (action != "rebuild" && action != "restart" && rule.text_of("target").empty()) {
      context_.error(path, rule.span, fmt::format("target is required for the action {}", action),
                     "say where in the container the files go");
    }
  }

  const LoadContext& context_;
};

template <class Visit>
void each_entry(const Tree& root, std::string_view section, Visit visit) {
  const Tree* found = root.find(section);
  if (found == nullptr) return;
  const Path top;
  const Path path = top.child(section);
  for (const Entry& entry : found->entries) visit(entry.value, path.child(entry.key));
}

}  // namespace

void check_values(const Tree& root, const LoadContext& context) {
  ValueChecker checker(context);
  each_entry(root, "services", [&](const Tree& node, const Path& path) { checker.service(node, path); });
  each_entry(root, "volumes", [&](const Tree& node, const Path& path) { checker.volume(node, path); });
  each_entry(root, "configs", [&](const Tree& node, const Path& path) {
    checker.file_object(node, path, {"file", "environment", "content"});
  });
  each_entry(root, "secrets", [&](const Tree& node, const Path& path) {
    checker.file_object(node, path, {"file", "environment"});
  });
}

}  // namespace compose::load
