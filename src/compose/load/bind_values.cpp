// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/byte_size.h"
#include "base/duration.h"
#include "base/split.h"
#include "compose/load/extra_hosts.h"
#include "compose/load/key_values.h"
#include "compose/load/passes.h"
#include "compose/load/scalar.h"
#include "compose/load/shell_words.h"
#include "compose/load/value_forms.h"

namespace compose::load {
namespace {

using Forms = PathRules<Form>;

enum class Keep { Yes, No };

class Binder {
 public:
  explicit Binder(const LoadContext& context) : context_(context) {}

  /// Binds a node; says whether it is worth keeping in its mapping.
  Keep visit(Tree& node, const Path& path, const Forms::Node* rule) {
    if (rule == nullptr) return Keep::Yes;
    if (rule->rule && *rule->rule != Form::Structure) {
      // an entry of ulimits may be a mapping of two numbers
      if (!(node.is_mapping() && *rule->rule == Form::IntegerOrZero)) return bind(node, path, *rule->rule);
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) visit(node.items[i], path.item(i), rule->step_item());
    std::erase_if(node.entries, [&](Entry& entry) {
      const Forms::Node* next = rule->step(entry.key);
      if ((next == nullptr || !next->rule) && is_empty_attribute(entry, path)) return true;
      return next != nullptr && visit(entry.value, path.child(entry.key), next) == Keep::No;
    });
    if (rule->rule && node.entries.empty()) return Keep::No;
    return Keep::Yes;
  }

 private:
  /// An empty text or list without a form of its own equals "not set".
  static bool is_empty_attribute(const Entry& entry, const Path& path) {
    if (path.parent == nullptr || entry.key.starts_with("x-")) return false;
    const Tree& value = entry.value;
    return value.is_string() ? value.text.empty() : value.is_sequence() && value.items.empty();
  }

  Keep bind(Tree& node, const Path& path, Form form) {
    if (node.is_null()) return Keep::No;
    switch (form) {
      case Form::Text: return text(node);
      case Form::TextList: return text_list(node);
      case Form::Environment: return key_values(node, path, Form::Environment);
      case Form::KeyValues:
      case Form::TextMap: return key_values(node, path, Form::KeyValues);
      case Form::OptionLists: return option_lists(node);
      case Form::Command: return command(node, path);
      case Form::HealthTest: return health_test(node);
      case Form::Hosts: return hosts(node, path);
      case Form::SshKeys: return ssh_keys(node);
      case Form::Duration:
      case Form::DurationOrNone: return duration(node, path, form);
      case Form::Bytes:
      case Form::Rate: return bytes(node, path, form);
      case Form::FileMode: return file_mode(node, path);
      case Form::Integer:
      case Form::IntegerOrZero: return integer(node, path, form);
      case Form::Float: return number(node, path);
      case Form::Flag:
      case Form::Choice: return boolean(node, path, form);
      case Form::Count: return count(node, path);
      case Form::Structure: return Keep::Yes;
    }
    return Keep::Yes;
  }

  static void replace(Tree& node, Tree value) {
    value.span = node.span;
    value.provenance = node.provenance;
    value.quoted = node.quoted;
    node = std::move(value);
  }

  static Keep text(Tree& node) {
    if (node.is_scalar() && !node.is_string()) replace(node, Tree::string(scalar_text(node)));
    return node.text.empty() && node.is_scalar() ? Keep::No : Keep::Yes;
  }

  static Keep text_list(Tree& node) {
    make_list(node);
    for (Tree& item : node.items) {
      if (!item.is_string()) replace(item, Tree::string(scalar_text(item)));
    }
    return node.items.empty() ? Keep::No : Keep::Yes;
  }

  Keep key_values(Tree& node, const Path& path, Form form) {
    make_key_values(node, path, context_);
    for (Entry& entry : node.entries) {
      Tree& value = entry.value;
      if (value.is_null() && form == Form::Environment) continue;
      if (!value.is_string()) replace(value, Tree::string(scalar_text(value)));
    }
    return node.entries.empty() ? Keep::No : Keep::Yes;
  }

  static Keep option_lists(Tree& node) {
    for (Entry& entry : node.entries) text_list(entry.value);
    return node.entries.empty() ? Keep::No : Keep::Yes;
  }

  Keep command(Tree& node, const Path& path) {
    if (node.is_sequence()) {
      for (Tree& item : node.items) text(item);
      return Keep::Yes;
    }
    auto split = split_shell_words(scalar_text(node));
    if (!split) {
      context_.error(path, node, split.error().message, split.error().hint);
      return Keep::Yes;
    }
    if (!split->dropped.empty()) {
      context_.warning(path, node.span,
                       fmt::format("no shell runs this command: \"{}\" is left out", split->dropped),
                       "write [\"sh\", \"-c\", \"...\"] to run a shell");
    }
    Tree list = Tree::sequence(node.span);
    for (const std::string& word : split->words) list.items.push_back(Tree::string(word, node.span));
    replace(node, std::move(list));
    return Keep::Yes;
  }

  static Keep health_test(Tree& node) {
    if (node.is_sequence()) return text_list(node);
    Tree list = Tree::sequence(node.span);
    list.items.push_back(Tree::string("CMD-SHELL", node.span));
    list.items.push_back(Tree::string(scalar_text(node), node.span));
    replace(node, std::move(list));
    return Keep::Yes;
  }

  Keep hosts(Tree& node, const Path& path) {
    std::vector<std::pair<std::string, Tree>> pairs;
    const auto add = [&](const std::vector<std::string>& hosts, const base::Span& span) {
      for (const std::string& host : hosts)
        pairs.emplace_back(base::split_once(host, '=').first, Tree::string(host, span));
    };
    for (const Entry& entry : node.entries) {
      const auto add_addresses = [&](const Tree& value) {
        add(extra_hosts_of(entry.key, value.text), value.span);
      };
      if (entry.value.is_scalar()) add_addresses(entry.value);
      for (const Tree& item : entry.value.items) add_addresses(item);
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const Tree& item = node.items[i];
      const std::vector<std::string> hosts = parse_extra_hosts(item.text);
      if (hosts.empty()) {
        context_.error(path.item(i), item, fmt::format("\"{}\" has no address", item.text),
                       "write host=address");
      }
      add(hosts, item.span);
    }
    std::ranges::stable_sort(pairs, {}, &std::pair<std::string, Tree>::first);
    Tree list = Tree::sequence(node.span);
    for (auto& [name, entry] : pairs) list.items.push_back(std::move(entry));
    replace(node, std::move(list));
    return node.items.empty() ? Keep::No : Keep::Yes;
  }

  static Keep ssh_keys(Tree& node) {
    Tree list = Tree::sequence(node.span);
    for (const Entry& entry : node.entries) {
      const std::string path = scalar_text(entry.value);
      list.items.push_back(Tree::string(path.empty() ? entry.key : entry.key + "=" + path, entry.key_span));
    }
    replace(node, std::move(list));
    return node.items.empty() ? Keep::No : Keep::Yes;
  }

  Keep duration(Tree& node, const Path& path, Form form) {
    const auto parsed = base::parse_duration(scalar_text(node));
    if (!parsed) {
      context_.error(path, node, parsed.error().message, parsed.error().hint);
      return Keep::Yes;
    }
    replace(node, Tree::string(base::to_text(*parsed)));
    return form == Form::DurationOrNone && parsed->count() == 0 ? Keep::No : Keep::Yes;
  }

  Keep bytes(Tree& node, const Path& path, Form form) {
    const auto parsed = base::parse_byte_size(scalar_text(node));
    if (!parsed) {
      context_.error(path, node, parsed.error().message, parsed.error().hint);
      return Keep::Yes;
    }
    replace(node, Tree::string(std::to_string(parsed->bytes)));
    return form == Form::Bytes && parsed->bytes == 0 ? Keep::No : Keep::Yes;
  }

  Keep file_mode(Tree& node, const Path& path) {
    std::int64_t mode =
        node.kind == Kind::Float ? static_cast<std::int64_t>(node.float_value) : node.int_value;
    if (node.is_string()) {
      const std::string& text = node.text;
      const auto parsed = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
      if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) {
        context_.error(path, node, fmt::format("\"{}\" is not an octal file mode", text),
                       "write a mode such as 0440");
        return Keep::Yes;
      }
    }
    replace(node, Tree::string(fmt::format("0{:o}", mode)));
    return Keep::Yes;
  }

  Keep boolean(Tree& node, const Path& path, Form form) {
    if (node.is_string()) {
      const auto parsed = parse_boolean(node.text);
      if (!parsed) {
        context_.error(path, node, fmt::format("\"{}\" is not a boolean", node.text), "write true or false");
        return Keep::Yes;
      }
      replace(node, Tree::boolean(*parsed));
    }
    return form == Form::Flag && node.kind == Kind::Bool && !node.bool_value ? Keep::No : Keep::Yes;
  }

  Keep integer(Tree& node, const Path& path, Form form) {
    if (node.kind == Kind::String) {
      const auto parsed = parse_integer(node.text);
      if (!parsed) {
        context_.error(path, node, fmt::format("\"{}\" is not an integer", node.text));
        return Keep::Yes;
      }
      replace(node, Tree::integer(*parsed));
    } else if (node.kind == Kind::Float) {
      replace(node, Tree::integer(static_cast<std::int64_t>(node.float_value)));
    }
    return form == Form::Integer && node.int_value == 0 ? Keep::No : Keep::Yes;
  }

  Keep number(Tree& node, const Path& path) {
    const auto parsed = parse_float(scalar_text(node));
    if (!parsed) {
      context_.error(path, node, fmt::format("\"{}\" is not a number", node.text));
      return Keep::Yes;
    }
    replace(node, Tree::floating(*parsed));
    return *parsed == 0 ? Keep::No : Keep::Yes;
  }

  Keep count(Tree& node, const Path& path) {
    if (node.is_string() && node.text == "all") replace(node, Tree::integer(-1));
    return integer(node, path, Form::Integer);
  }

  const LoadContext& context_;
};

/// Strings and lists of a service that equal "not set". `command` and `entrypoint` are told apart.
void drop_empty(Tree& service) {
  std::erase_if(service.entries, [](const Entry& entry) {
    const Tree& value = entry.value;
    if (value.is_null()) return true;
    if (entry.key == "command" || entry.key == "entrypoint") return false;
    const bool empty_map = value.is_mapping() && value.entries.empty() &&
                           (entry.key == "depends_on" || entry.key == "ulimits" || entry.key == "models" ||
                            entry.key == "networks");
    return (value.is_string() && value.text.empty()) || (value.is_sequence() && value.items.empty()) ||
           empty_map;
  });
  const Tree* scale = service.find("scale");
  Tree* deploy = service.find("deploy");
  if (scale != nullptr && deploy != nullptr && deploy->find("replicas") == nullptr)
    deploy->set("replicas", *scale);
}

}  // namespace

void bind_values(Tree& root, const LoadContext& context) {
  Binder(context).visit(root, Path{}, value_forms().root());
  if (Tree* services = root.find("services")) {
    for (Entry& entry : services->entries) drop_empty(entry.value);
  }
  for (const std::string_view section : {"networks", "volumes"}) {
    Tree* found = root.find(section);
    if (found == nullptr) continue;
    for (Entry& entry : found->entries) {
      if (entry.value.is_null()) entry.value = Tree::mapping(entry.value.span);
    }
  }
}

}  // namespace compose::load
