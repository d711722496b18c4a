// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compose/load/load_context.h"

namespace compose::load {

/// Reports all that does not fit schemas/compose-spec.json: unknown attributes, wrong types, values
/// that are not allowed, repeated items. After it every attribute is known and of a known type.
void validate_schema(const Tree& root, const LoadContext& context);

/// The same for one entry of `include`, which is used before the whole model is.
void validate_include(const Tree& item, const Path& path, const LoadContext& context);

/// The same for a service's `extends`, which is gone before a model is whole.
void validate_extends(const Tree& extends, const Path& path, const LoadContext& context);

/// Names of a mapping's attributes by the schema; empty where any name goes. For "services.*.build"
/// `path` is {"services", "*", "build"}.
std::vector<std::string_view> schema_attributes(const std::vector<std::string_view>& path);

}  // namespace compose::load
