// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/network/installation.h"
#include "sys/fd.h"
#include "sys/nftables.h"

namespace runtime::network {

/// Which elements of the table belong to which container, one file each in Installation::ports_directory:
/// what is needed to take them away after a monitor that was killed, and to put them back into a table
/// that was flushed. Written before the elements are added, removed after they are gone.
base::Result<> write_port_file(const Installation& installation, const std::string& container_id,
                               const std::vector<sys::NftElement>& elements);
/// Nothing in it when there is no such file, or when it is damaged.
std::vector<sys::NftElement> read_port_file(const Installation& installation,
                                            const std::string& container_id);
base::Result<> remove_port_file(const Installation& installation, const std::string& container_id);
/// IDs of the containers that have one.
std::vector<std::string> list_port_files(const Installation& installation);

/// Held while elements and their file change together.
base::Result<sys::UniqueFd> lock_ports(const Installation& installation);

/// Removes the elements in a container's file that are in the table still and nobody else's by now, and the
/// file.
base::Result<> sweep_ports(const Installation& installation, const std::string& container_id);

}  // namespace runtime::network
