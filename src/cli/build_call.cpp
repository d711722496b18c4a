// SPDX-License-Identifier: Apache-2.0
#include "cli/build_call.h"

#include <fmt/format.h>

#include "base/split.h"
#include "cli/attribute_list.h"
#include "cli/prune_flags.h"

namespace cli {
namespace {

base::Result<BuildCall::Method> method_of(std::string_view name) {
  using Method = BuildCall::Method;
  if (name.empty() || name == "build") return Method::Build;
  if (name == "check" || name == "lint") return Method::Check;
  if (name == "outline") return Method::Outline;
  if (name == "targets") return Method::Targets;
  return base::fail(
      base::make_error(base::ErrorClass::Unsupported, fmt::format("--call {} is not known", name))
          .with_hint("there are build, check, outline and targets"));
}

base::Result<BuildCall> parse(std::string_view text) {
  const auto [name, rest] = base::split_once(text, ',');
  BuildCall out{.method = TRY(method_of(name))};
  if (rest.empty()) return out;
  if (out.method == BuildCall::Method::Build)
    return base::fail(base::ErrorClass::Invalid, "build takes no attributes");
  for (const auto& [key, value] : TRY(parse_attributes(rest))) {
    if (key == "format" && (value == "json" || value == "text")) {
      out.as_json = value == "json";
    } else if (key == "ignorestatus") {
      out.ignore_status = TRY(parse_switch(value));
    } else {
      return base::fail(
          base::make_error(base::ErrorClass::Invalid, fmt::format("{}={} means nothing here", key, value))
              .with_hint("there are format=text|json and ignorestatus=true"));
    }
  }
  return out;
}

}  // namespace

base::Result<BuildCall> parse_build_call(std::string_view text) {
  return TRY_WHILE(parse(text), fmt::format("reading --call '{}'", text));
}

}  // namespace cli
