// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/port_file.h"

#include <linux/netlink.h>

#include <algorithm>

#include "base/byte_codec.h"
#include "runtime/network/ruleset.h"
#include "sys/file.h"

namespace runtime::network {
namespace {

constexpr const char* kLockName = ".lock";
constexpr std::uint32_t kPrivate = 0700;

std::string path_of(const Installation& installation, const std::string& container_id) {
  return installation.ports_directory() + "/" + container_id;
}

}  // namespace

base::Result<> write_port_file(const Installation& installation, const std::string& container_id,
                               const std::vector<sys::NftElement>& elements) {
  base::ByteWriter out;
  out.number(static_cast<std::uint32_t>(elements.size()));
  for (const sys::NftElement& element : elements) out.texts({element.set, element.key, element.value});
  return sys::write_file(path_of(installation, container_id), out.take());
}

std::vector<sys::NftElement> read_port_file(const Installation& installation,
                                            const std::string& container_id) {
  const auto bytes = sys::read_file(path_of(installation, container_id));
  if (!bytes) return {};
  base::ByteReader in(*bytes);
  std::vector<sys::NftElement> elements;
  const std::uint32_t count = in.count(sizeof(std::uint32_t));
  for (std::uint32_t i = 0; i < count; ++i) {
    std::vector<std::string> parts = in.texts();
    if (parts.size() != 3) return {};
    elements.push_back({std::move(parts[0]), std::move(parts[1]), std::move(parts[2])});
  }
  if (!in.finish("a file of published ports")) return {};
  return elements;
}

base::Result<> remove_port_file(const Installation& installation, const std::string& container_id) {
  return sys::remove_tree(path_of(installation, container_id));
}

std::vector<std::string> list_port_files(const Installation& installation) {
  const auto names = sys::list_directory(installation.ports_directory());
  std::vector<std::string> ids;
  if (!names) return ids;
  for (const std::string& name : *names) {
    if (name != kLockName && !name.ends_with(".tmp")) ids.push_back(name);
  }
  return ids;
}

base::Result<sys::UniqueFd> lock_ports(const Installation& installation) {
  TRY(sys::make_directories(installation.ports_directory(), kPrivate));
  return sys::lock_file(installation.ports_directory() + "/" + kLockName);
}

base::Result<> sweep_ports(const Installation& installation, const std::string& container) {
  const auto lock = TRY(lock_ports(installation));
  sys::NetlinkSocket socket = TRY(sys::NetlinkSocket::open(NETLINK_NETFILTER));
  std::vector<sys::NftElement> written = read_port_file(installation, container), own;
  std::sort(written.begin(), written.end());
  for (const char* set : {"ports4", "ports6", "ports4_at", "ports6_at"}) {
    if (written.empty()) break;
    for (sys::NftElement& there : TRY(sys::list_nft_elements(socket, installation.name, set))) {
      if (std::binary_search(written.begin(), written.end(), there)) own.push_back(std::move(there));
    }
  }
  TRY(delete_elements(socket, installation.name, own));
  return remove_port_file(installation, container);
}

}  // namespace runtime::network
