// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace runtime::engine {

/// Where one installation of the bundled engine keeps its things. Layout: docs/architecture.md.
struct Roots {
  std::string data;  ///< Absolute; what lasts. Default /var/lib/compose.
  std::string run;   ///< Absolute; what is true until the machine stops. Default /run/compose.

  std::string database() const { return data + "/state.db"; }
  std::string container_data(const std::string& id) const { return data + "/containers/" + id; }
  std::string container_run(const std::string& id) const { return run + "/containers/" + id; }
  std::string container_log(const std::string& id) const { return container_data(id) + "/log"; }
  std::string lock(const std::string& name) const { return run + "/locks/" + name; }

  /// "compose" for the default run root, else "compose-<8 hex of its path>": what this installation
  /// calls its nftables table and its cgroup parent, so that two installations never meet.
  std::string installation_name() const;
};

}  // namespace runtime::engine
