// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace runtime::network {

/// What keeps the kernel objects and run-time files of one installation apart from another's.
struct Installation {
  std::string name;      ///< Of the nftables table: "compose" or "compose-<hash>".
  std::string run_root;  ///< Absolute.

  /// `<run root>/networks/<network id>/names`: see name_record.h.
  std::string names_directory(const std::string& network_id) const {
    return run_root + "/networks/" + network_id + "/names";
  }
  /// The record of a network that the kernel may have something of.
  std::string record_path(const std::string& network_id) const {
    return run_root + "/networks/" + network_id + "/record";
  }
  /// One file a container with published ports: which elements of the table are its own.
  std::string ports_directory() const { return run_root + "/networks/ports"; }
  bool operator==(const Installation&) const = default;
};

}  // namespace runtime::network
