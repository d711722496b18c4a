// SPDX-License-Identifier: Apache-2.0
#include "compose/load/dependency_cycle.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "base/split.h"

namespace compose::load {
namespace {

/// Depth-first search with an explicit stack: a chain of thousands of services must not exhaust ours.
class CycleFinder {
 public:
  CycleFinder(const Tree& services, const LoadContext& context) : services_(services), context_(context) {
    for (const Entry& entry : services.entries) nodes_.emplace(entry.key, Node{&entry.value});
  }

  void run() {
    for (const Entry& entry : services_.entries) visit(entry.key);
  }

 private:
  enum class State { New, Open, Done };
  struct Node {
    const Tree* service = nullptr;
    State state = State::New;
  };
  struct Frame {
    std::string_view name;
    const Tree* needs = nullptr;
    std::size_t next = 0;
  };

  void visit(std::string_view start) {
    if (!open(start)) return;
    while (!stack_.empty()) {
      Frame& frame = stack_.back();
      if (frame.needs == nullptr || frame.next == frame.needs->entries.size()) {
        nodes_[frame.name].state = State::Done;
        stack_.pop_back();
        continue;
      }
      const Entry& entry = frame.needs->entries[frame.next++];
      const auto found = nodes_.find(entry.key);
      if (found == nodes_.end()) continue;
      if (found->second.state == State::Open)
        report(entry);
      else
        open(found->first);
    }
  }

  bool open(std::string_view name) {
    Node& node = nodes_[name];
    if (node.state != State::New) return false;
    node.state = State::Open;
    stack_.push_back({name, node.service->find("depends_on"), 0});
    return true;
  }

  void report(const Entry& closing) {
    std::vector<std::string> names;
    bool inside = false;
    for (const Frame& frame : stack_) {
      inside = inside || frame.name == closing.key;
      if (inside) names.emplace_back(frame.name);
    }
    names.push_back(closing.key);
    const Path top;
    const Path services = top.child("services"), service = services.child(stack_.back().name);
    context_.error(service.child("depends_on"), closing.key_span,
                   fmt::format("dependency cycle: {}", base::join(names, " -> ")),
                   "services that wait for each other can never start");
  }

  const Tree& services_;
  const LoadContext& context_;
  std::unordered_map<std::string_view, Node> nodes_;
  std::vector<Frame> stack_;
};

}  // namespace

void check_dependency_cycles(const Tree& services, const LoadContext& context) {
  CycleFinder(services, context).run();
}

}  // namespace compose::load
