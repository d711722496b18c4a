// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/builder_arguments.h"

#include <fmt/format.h>

#include "base/split.h"
#include "model/image_reference.h"
#include "runtime/build/build_flag.h"

namespace runtime::build {
namespace {

std::string find(const model::BuildSpec& spec, const char* name) {
  const auto found = spec.args.find(name);
  return found == spec.args.end() ? "" : found->second;
}

base::Result<bool> find_flag(const model::BuildSpec& spec, const char* name) {
  const std::string value = find(spec, name);
  if (value.empty()) return false;
  if (const auto flag = parse_build_flag(value)) return *flag;
  return base::fail(base::ErrorClass::Invalid,
                    fmt::format("the build argument {} is true or false, not '{}'", name, value));
}

}  // namespace

base::Result<BuilderArguments> read_builder_arguments(const model::BuildSpec& spec) {
  BuilderArguments out;
  out.hostname = find(spec, "BUILDKIT_SANDBOX_HOSTNAME");
  out.cache_namespace = find(spec, "BUILDKIT_CACHE_MOUNT_NS");
  out.syntax = find(spec, "BUILDKIT_SYNTAX");
  if (const std::string checks = find(spec, "BUILDKIT_DOCKERFILE_CHECK"); !checks.empty())
    out.checks = TRY_WHILE(parse_check_options(checks), "reading BUILDKIT_DOCKERFILE_CHECK");
  out.inline_cache = TRY(find_flag(spec, "BUILDKIT_INLINE_CACHE"));
  out.keep_git_folder = TRY(find_flag(spec, "BUILDKIT_CONTEXT_KEEP_GIT_DIR"));
  out.multi_platform = TRY(find_flag(spec, "BUILDKIT_MULTI_PLATFORM"));
  return out;
}

bool is_dockerfile_syntax(const std::string& syntax) {
  const auto reference = model::ImageReference::parse(base::split_once(syntax, ' ').first);
  if (!reference) return false;
  const std::string& path = reference->repository;
  const std::string name = path.substr(path.find_last_of('/') + 1);
  return name == "dockerfile" || name == "dockerfile-upstream";
}

}  // namespace runtime::build
