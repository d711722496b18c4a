// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/build/expand.h"
#include "runtime/build/instruction.h"

namespace runtime::build {

/// ARGs in order of their first declaration. Dockerfile reference: ARG, Scope.
class ArgScope {
 public:
  void set(const std::string& name, std::optional<std::string> value);
  std::optional<std::string> find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::optional<std::string>>>& entries() const { return entries_; }

 private:
  std::vector<std::pair<std::string, std::optional<std::string>>> entries_;
};

/// Value of `name` in "K=V" entries.
std::optional<std::string> find_env(const std::vector<std::string>& env, std::string_view name);
/// Replaces in place, or appends.
void set_env(std::vector<std::string>& env, const std::string& name, const std::string& value);

/// What the request gives to every Dockerfile: build args, platform args, proxies.
struct GlobalScope {
  std::map<std::string, std::string> build_args;
  ArgScope args;  ///< ARGs above the first FROM, and the platform's, which FROM may use.
};

/// TARGETPLATFORM, BUILDARCH, ...: Dockerfile reference, Automatic platform ARGs.
ArgScope platform_args(const std::string& platform, const std::string& target_stage);

/// Which stages, or whether the context, are to be listed beside the image: for the builder alone.
inline constexpr std::string_view kScanStageArg = "BUILDKIT_SBOM_SCAN_STAGE";
inline constexpr std::string_view kScanContextArg = "BUILDKIT_SBOM_SCAN_CONTEXT";

/// HTTP_PROXY and the like: they reach RUN without an ARG and stay out of keys and histories.
bool is_proxy_arg(std::string_view name);

/// Declares the entries of one ARG in a stage, or above the first FROM.
base::Result<> declare_args(const Arg& arg, char escape, const GlobalScope& global,
                            const VariableLookup& lookup, ArgScope& scope);

}  // namespace runtime::build
