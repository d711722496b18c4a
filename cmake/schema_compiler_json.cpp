// SPDX-License-Identifier: Apache-2.0
// Build tool: turns schemas/compose-spec.json into constant tables for compose/load/schema.cpp, so that
// no command spends time on reading the schema. usage: schema_compiler SCHEMA OUTPUT
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;

[[noreturn]] void die(const std::string& message) {
  std::cerr << "schema_compiler: " << message << "\n";
  std::exit(1);
}

const std::map<std::string, std::string>& patterns() {
  static const std::map<std::string, std::string> known{
      {"^[a-zA-Z0-9._-]+$", "Name"},
      {"^[a-z]+$", "LowerCase"},
      {"^[a-zA-Z0-9][a-zA-Z0-9_.-]+$", "ContainerName"},
      {"^(always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+)$",
       "PullPolicy"},
  };
  return known;
}

std::string pattern_name(const std::string& pattern) {
  const auto found = patterns().find(pattern);
  if (found == patterns().end()) die("unknown pattern " + pattern);
  return "Pattern::" + found->second;
}

int type_bit(const std::string& type) {
  static const std::vector<std::string> names = {"null",   "boolean", "integer", "number",
                                                 "string", "array",   "object"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == type) return 1 << i;
  }
  die("unknown type " + type);
}

struct Node {
  int types = 0, items = -1, pattern_values = -1, additional = -1;
  bool extensions = false, unique = false;
  std::string pattern = "Pattern::None", key_pattern = "Pattern::None";
  std::vector<std::pair<std::string, int>> properties;
  std::vector<std::string> required, values;
  std::vector<int> alternatives;
  bool has_range = false;
  double least = 0, most = 0;
};

class Compiler {
 public:
  explicit Compiler(const json& root) : root_(root) {}

  int compile(const json& schema) {
    static const std::set<std::string> known = {"$schema",
                                                "$id",
                                                "title",
                                                "description",
                                                "default",
                                                "examples",
                                                "definitions",
                                                "type",
                                                "properties",
                                                "patternProperties",
                                                "additionalProperties",
                                                "items",
                                                "required",
                                                "enum",
                                                "pattern",
                                                "oneOf",
                                                "uniqueItems",
                                                "minimum",
                                                "maximum",
                                                "$ref"};
    for (const auto& [key, value] : schema.items()) {
      if (!known.contains(key)) die("unknown keyword " + key);
    }
    if (schema.contains("$ref")) return compile_reference(schema.at("$ref"));
    const int index = static_cast<int>(nodes.size());
    nodes.emplace_back();
    Node node;
    compile_scalar(schema, node);
    compile_object(schema, node);
    if (schema.contains("items")) node.items = compile(schema.at("items"));
    for (const json& alternative : schema.value("oneOf", json::array()))
      node.alternatives.push_back(compile(alternative));
    check_alternatives(node);
    nodes[static_cast<std::size_t>(index)] = std::move(node);
    return index;
  }

  std::vector<Node> nodes;

 private:
  int compile_reference(const std::string& reference) {
    const std::string prefix = "#/definitions/";
    if (!reference.starts_with(prefix)) die("unknown reference " + reference);
    const std::string name = reference.substr(prefix.size());
    const auto found = definitions_.find(name);
    if (found != definitions_.end()) return found->second;
    const int index = compile(root_.at("definitions").at(name));
    definitions_[name] = index;
    return index;
  }

  static void compile_scalar(const json& schema, Node& node) {
    if (schema.contains("type")) {
      const json& type = schema.at("type");
      if (type.is_string())
        node.types |= type_bit(type);
      else
        for (const json& one : type) node.types |= type_bit(one);
    }
    for (const json& value : schema.value("enum", json::array())) node.values.push_back(value);
    if (schema.contains("pattern")) node.pattern = pattern_name(schema.at("pattern"));
    node.unique = schema.value("uniqueItems", false);
    if (schema.contains("minimum") || schema.contains("maximum")) {
      node.has_range = true;
      node.least = schema.value("minimum", -1e300);
      node.most = schema.value("maximum", 1e300);
    }
  }

  void compile_object(const json& schema, Node& node) {
    const json properties = schema.value("properties", json::object());
    for (const auto& [name, value] : properties.items()) node.properties.emplace_back(name, compile(value));
    const json by_pattern = schema.value("patternProperties", json::object());
    for (const auto& [pattern, value] : by_pattern.items()) {
      if (pattern == "^x-") {
        node.extensions = true;
        continue;
      }
      if (node.pattern_values >= 0) die("more than one patternProperties");
      node.key_pattern = pattern_name(pattern);
      node.pattern_values = compile(value);
    }
    const json additional = schema.value("additionalProperties", json(true));
    if (additional.is_object())
      node.additional = compile(additional);
    else if (!additional.get<bool>())
      node.additional = -2;
    for (const json& name : schema.value("required", json::array())) node.required.push_back(name);
  }

  /// Alternatives must differ in type: that is how the validator tells which one was meant.
  void check_alternatives(const Node& node) const {
    int seen = 0;
    for (const int index : node.alternatives) {
      const int types = all_types(index);
      if (types == 0 || (seen & types) != 0) die("alternatives of oneOf overlap in type");
      seen |= types;
    }
  }

  int all_types(int index) const {
    const Node& node = nodes[static_cast<std::size_t>(index)];
    int types = node.types;
    for (const int alternative : node.alternatives) types |= all_types(alternative);
    return types;
  }

  const json& root_;
  std::map<std::string, int> definitions_;
};

/// Collects all texts of one kind and remembers where each node's begin.
class Writer {
 public:
  explicit Writer(std::ostream& out) : out_(out) {}

  void write(const std::vector<Node>& nodes, int root) {
    out_ << "// Generated from schemas/compose-spec.json.\n#include \"compose/load/schema_tables.h\"\n\n"
            "namespace compose::load::schema_tables {\n\n";
    std::string rows;
    for (const Node& node : nodes) rows += row(node);
    out_ << "const Property kProperties[] = {\n" << properties_ << "    {\"\", -1}};\n\n";
    out_ << "const std::string_view kTexts[] = {\n" << texts_ << "    \"\"};\n\n";
    out_ << "const short kAlternatives[] = {" << alternatives_ << "-1};\n\n";
    out_ << "const Node kNodes[] = {\n"
         << rows << "};\n\nconst int kRoot = " << root
         << ";\n\n}  // namespace compose::load::schema_tables\n";
  }

 private:
  std::string row(const Node& node) {
    const int property = property_count_, required = text_count_;
    for (const auto& [name, index] : node.properties) {
      properties_ += "    {\"" + name + "\", " + std::to_string(index) + "},\n";
      ++property_count_;
    }
    for (const std::string& text : node.required) add_text(text);
    const int value = text_count_;
    for (const std::string& text : node.values) add_text(text);
    const int alternative = alternative_count_;
    for (const int index : node.alternatives) {
      alternatives_ += std::to_string(index) + ", ";
      ++alternative_count_;
    }
    const auto number = [](auto n) { return std::to_string(n); };
    return "    {" + number(node.types) + ", {" + number(property) + ", " + number(node.properties.size()) +
           "}, {" + number(required) + ", " + number(node.required.size()) + "}, {" + number(value) + ", " +
           number(node.values.size()) + "}, {" + number(alternative) + ", " +
           number(node.alternatives.size()) + "}, " + number(node.items) + ", " +
           number(node.pattern_values) + ", " + number(node.additional) + ", " + node.pattern + ", " +
           node.key_pattern + ", " + (node.extensions ? "true" : "false") + ", " +
           (node.unique ? "true" : "false") + ", " + (node.has_range ? "true" : "false") + ", " +
           json(node.least).dump() + ", " + json(node.most).dump() + "},\n";
  }

  void add_text(const std::string& text) {
    texts_ += "    \"" + text + "\",\n";
    ++text_count_;
  }

  std::ostream& out_;
  std::string properties_, texts_, alternatives_;
  int property_count_ = 0, text_count_ = 0, alternative_count_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) die("usage: schema_compiler SCHEMA OUTPUT");
  std::ifstream input(argv[1]);
  const json root = json::parse(input, nullptr, false);
  if (root.is_discarded()) die(std::string("not JSON: ") + argv[1]);
  Compiler compiler(root);
  const int index = compiler.compile(root);
  std::ofstream output(argv[2]);
  Writer(output).write(compiler.nodes, index);
  output.close();
  return output.good() ? 0 : 1;
}
