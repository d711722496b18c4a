// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/netlink_socket.h"

/// nf_tables over netlink: tables of the family inet, built as one transaction and without the nft
/// program. Sequence: begin_transaction, anything of the below, end_transaction, NetlinkSocket::execute.
namespace sys {

/// What follows is done whole or not at all.
void begin_nft_transaction(NetlinkBatch& batch);
/// Closes what begin_nft_transaction opened.
void end_nft_transaction(NetlinkBatch& batch);

enum class NftFamily : std::uint8_t { Inet = 1, Ipv4 = 2, Ipv6 = 10 };

/// Makes the table, or changes nothing when it is there. `note` is stored with a new one.
void add_nft_table(NetlinkBatch& batch, const std::string& table, std::string_view note = {});
void delete_nft_table(NetlinkBatch& batch, const std::string& table);
/// The note a table was made with; nothing when there is no such table.
base::Result<std::optional<std::string>> find_nft_table(NetlinkSocket& socket, const std::string& table);

struct NftChain {
  std::string name;
  std::string type;        ///< filter, nat; empty: a chain that others jump to.
  std::uint32_t hook = 0;  ///< NF_INET_*
  std::int32_t priority = 0;
  bool drops = false;  ///< What no rule decides on is dropped, not accepted.
};
void add_nft_chain(NetlinkBatch& batch, const std::string& table, const NftChain& chain);
/// Removes every rule of the table and leaves chains and sets.
void flush_nft_rules(NetlinkBatch& batch, const std::string& table);

/// What the parts of a key or value are, so that `nft list` prints them as such.
enum class NftType : std::uint8_t { Ipv4 = 7, Ipv6 = 8, Protocol = 12, Port = 13, Link = 41 };

struct NftSet {
  std::string name;
  std::vector<NftType> key;
  std::vector<NftType> value;  ///< Empty: a set, else a map.
};
void add_nft_set(NetlinkBatch& batch, const std::string& table, const NftSet& set);

/// One element: parts joined as nft_link, nft_port and so on make them.
struct NftElement {
  std::string set;
  std::string key, value;
  auto operator<=>(const NftElement&) const = default;
};
/// There already with the same value is success; with another one a Conflict.
void add_nft_element(NetlinkBatch& batch, const std::string& table, const NftElement& element);
void delete_nft_element(NetlinkBatch& batch, const std::string& table, const NftElement& element);
/// Keys and values of a set; nothing when table or set are missing.
base::Result<std::vector<NftElement>> list_nft_elements(NetlinkSocket& socket, const std::string& table,
                                                        const std::string& set);

/// Parts of keys and values, padded as the kernel wants them.
std::string nft_link(std::string_view name);
std::string nft_protocol(std::uint8_t protocol);
std::string nft_port(std::uint16_t port);

/// A chain on a hook, of any table.
struct NftHookedChain {
  std::string family, table, name;
  std::uint32_t hook = 0;
  bool drops = false;  ///< Policy drop.
};
base::Result<std::vector<NftHookedChain>> list_nft_hooked_chains(NetlinkSocket& socket);

/// 32-bit registers that expressions load into and compare: 0 to 15.
using NftRegister = unsigned;
enum class NftMeta : std::uint32_t { Protocol = 15, InputLink = 6, OutputLink = 7, Transport = 16 };
enum class NftBase : std::uint32_t { Network = 1, Transport = 2 };
enum class NftMatch : std::uint32_t { Equal = 0, NotEqual = 1 };
enum class NftVerdict : std::int32_t { Drop = 0, Accept = 1, Jump = -3, Return = -5 };

/// Writes the expressions of one rule, in order; the packet goes on to the next one while all match.
class NftRule {
 public:
  explicit NftRule(NetlinkBatch& batch) : batch_(batch) {}
  NftRule& meta(NftMeta key, NftRegister to);
  NftRule& payload(NftBase base, std::uint32_t offset, std::uint32_t size, NftRegister to);
  /// Writes a register into the packet's transport header and mends its checksum.
  NftRule& set_transport(NftRegister from, std::uint32_t offset, std::uint32_t size, std::uint32_t checksum);
  NftRule& compare(NftRegister from, std::string_view bytes, NftMatch match = NftMatch::Equal);
  NftRule& in_set(const std::string& set, NftRegister from, NftMatch match = NftMatch::Equal);
  /// The map's value goes to `to`; no such key: no match.
  NftRule& look_up(const std::string& map, NftRegister from, NftRegister to);
  /// Connection tracking: any of these state bits (NF_CT_STATE_BIT) or status bits (IPS_*).
  NftRule& state_has(std::uint32_t bits);
  NftRule& status_has(std::uint32_t bits);
  /// The destination is an address of this machine.
  NftRule& to_this_host();
  NftRule& load(NftRegister to, std::string_view bytes);
  NftRule& dnat(NftFamily family, NftRegister address, NftRegister port);
  NftRule& masquerade();
  NftRule& verdict(NftVerdict verdict, const std::string& chain = {});

 private:
  void expression(std::string_view name, const std::function<void()>& fill);
  NftRule& bits_of_connection(std::uint32_t key, std::uint32_t bits);
  NetlinkBatch& batch_;
};
/// Appends a rule. `fill` writes its expressions.
void add_nft_rule(NetlinkBatch& batch, const std::string& table, const std::string& chain,
                  const std::function<void(NftRule&)>& fill);

}  // namespace sys
