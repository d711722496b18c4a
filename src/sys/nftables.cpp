// SPDX-License-Identifier: Apache-2.0
#include "sys/nftables.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <net/if.h>

#include <cerrno>

#include <fmt/format.h>

namespace sys {
namespace {

constexpr std::uint16_t kNested = NLA_F_NESTED;

// Notes on a set, a convention of user space: kind, length, value.
constexpr char kNoteKeyOrder = 0;
constexpr std::uint32_t kHostOrder = 1, kNetworkOrder = 2;

void begin(NetlinkBatch& batch, int type, int flags, std::uint8_t family = NFPROTO_INET) {
  const nfgenmsg header{family, NFNETLINK_V0, 0};
  batch.begin(static_cast<std::uint16_t>((NFNL_SUBSYS_NFTABLES << 8) | type),
              static_cast<std::uint16_t>(flags), header);
}

void mark(NetlinkBatch& batch, std::uint16_t type) {
  batch.begin(type, 0, nfgenmsg{AF_UNSPEC, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES)});
}

std::uint32_t size_of(NftType type) {
  switch (type) {
    case NftType::Ipv6:
    case NftType::Link: return 16;
    default: return 4;
  }
}

/// Type number and size of a joined key: six bits a part.
std::pair<std::uint32_t, std::uint32_t> joined(const std::vector<NftType>& parts) {
  std::uint32_t type = 0, size = 0;
  for (const NftType part : parts) {
    type = (type << 6) | static_cast<std::uint32_t>(part);
    size += size_of(part);
  }
  return {type, size};
}

void put_element(NetlinkBatch& batch, const std::string& table, const NftElement& element) {
  batch.put_text(NFTA_SET_ELEM_LIST_TABLE, table);
  batch.put_text(NFTA_SET_ELEM_LIST_SET, element.set);
  batch.nest(NFTA_SET_ELEM_LIST_ELEMENTS | kNested, [&] {
    batch.nest(NFTA_LIST_ELEM | kNested, [&] {
      batch.nest(NFTA_SET_ELEM_KEY | kNested, [&] { batch.put(NFTA_DATA_VALUE, element.key); });
      if (element.value.empty()) return;
      batch.nest(NFTA_SET_ELEM_DATA | kNested, [&] { batch.put(NFTA_DATA_VALUE, element.value); });
    });
  });
}

std::string data_value(std::string_view nested) {
  std::string value;
  each_attribute(nested, [&](const NetlinkAttribute& attribute) {
    if (attribute.type == NFTA_DATA_VALUE) value = attribute.data;
  });
  return value;
}

void read_elements(std::string_view list, const std::string& set, std::vector<NftElement>& out) {
  each_attribute(list, [&](const NetlinkAttribute& item) {
    NftElement element{set, {}, {}};
    each_attribute(item.data, [&](const NetlinkAttribute& part) {
      if (part.type == NFTA_SET_ELEM_KEY) element.key = data_value(part.data);
      if (part.type == NFTA_SET_ELEM_DATA) element.value = data_value(part.data);
    });
    out.push_back(std::move(element));
  });
}

std::string family_name(std::uint8_t family) {
  switch (family) {
    case NFPROTO_INET: return "inet";
    case NFPROTO_IPV4: return "ip";
    case NFPROTO_IPV6: return "ip6";
    case NFPROTO_ARP: return "arp";
    case NFPROTO_BRIDGE: return "bridge";
    case NFPROTO_NETDEV: return "netdev";
    default: return std::to_string(family);
  }
}

std::uint32_t big(const NetlinkAttribute& attribute) { return ntohl(attribute.u32()); }

bool is_missing(const base::Error& error) { return error.errno_value == ENOENT; }

}  // namespace

void begin_nft_transaction(NetlinkBatch& batch) {
  batch.set_transaction();
  mark(batch, NFNL_MSG_BATCH_BEGIN);
}

void end_nft_transaction(NetlinkBatch& batch) { mark(batch, NFNL_MSG_BATCH_END); }

void add_nft_table(NetlinkBatch& batch, const std::string& table, std::string_view note) {
  begin(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE);
  batch.put_text(NFTA_TABLE_NAME, table);
  if (!note.empty()) batch.put(NFTA_TABLE_USERDATA, note);
}

void delete_nft_table(NetlinkBatch& batch, const std::string& table) {
  begin(batch, NFT_MSG_DELTABLE, 0);
  batch.put_text(NFTA_TABLE_NAME, table);
}

base::Result<std::optional<std::string>> find_nft_table(NetlinkSocket& socket, const std::string& table) {
  NetlinkBatch batch = socket.batch();
  begin(batch, NFT_MSG_GETTABLE, 0);
  batch.put_text(NFTA_TABLE_NAME, table);
  std::optional<std::string> note;
  auto asked = socket.query(
      batch, fmt::format("looking for nftables table {}", table), [&](const NetlinkMessage& message) {
        note.emplace();
        each_attribute(message.attributes<nfgenmsg>(), [&](const NetlinkAttribute& found) {
          if (found.type == NFTA_TABLE_USERDATA) note = found.data;
        });
      });
  if (!asked && !is_missing(asked.error())) return base::fail(std::move(asked).error());
  return note;
}

void add_nft_chain(NetlinkBatch& batch, const std::string& table, const NftChain& chain) {
  begin(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
  batch.put_text(NFTA_CHAIN_TABLE, table);
  batch.put_text(NFTA_CHAIN_NAME, chain.name);
  if (chain.type.empty()) return;
  batch.nest(NFTA_CHAIN_HOOK | kNested, [&] {
    batch.put_be32(NFTA_HOOK_HOOKNUM, chain.hook);
    batch.put_be32(NFTA_HOOK_PRIORITY, static_cast<std::uint32_t>(chain.priority));
  });
  batch.put_be32(NFTA_CHAIN_POLICY, chain.drops ? NF_DROP : NF_ACCEPT);
  batch.put_text(NFTA_CHAIN_TYPE, chain.type);
}

void flush_nft_rules(NetlinkBatch& batch, const std::string& table) {
  begin(batch, NFT_MSG_DELRULE, 0);
  batch.put_text(NFTA_RULE_TABLE, table);
}

void add_nft_set(NetlinkBatch& batch, const std::string& table, const NftSet& set) {
  begin(batch, NFT_MSG_NEWSET, NLM_F_CREATE);
  const auto [key_type, key_size] = joined(set.key);
  const auto [value_type, value_size] = joined(set.value);
  // To the kernel a joined key is just bytes; its own flag for them asks for descriptions that differ
  // between versions.
  const std::uint32_t flags = set.value.empty() ? 0 : NFT_SET_MAP;
  batch.put_text(NFTA_SET_TABLE, table);
  batch.put_text(NFTA_SET_NAME, set.name);
  batch.put_be32(NFTA_SET_FLAGS, flags);
  batch.put_be32(NFTA_SET_KEY_TYPE, key_type);
  batch.put_be32(NFTA_SET_KEY_LEN, key_size);
  if (!set.value.empty()) {
    batch.put_be32(NFTA_SET_DATA_TYPE, value_type);
    batch.put_be32(NFTA_SET_DATA_LEN, value_size);
  }
  batch.put_be32(NFTA_SET_ID, batch.count());
  // Only for `nft list`, which prints names of links reversed unless told the order of their bytes.
  const bool text = set.key.size() == 1 && set.key.front() == NftType::Link;
  const std::uint32_t order = text ? kHostOrder : kNetworkOrder;
  std::string note(1, kNoteKeyOrder);
  note += static_cast<char>(sizeof order);
  note.append(reinterpret_cast<const char*>(&order), sizeof order);
  batch.put(NFTA_SET_USERDATA, note);
}

void add_nft_element(NetlinkBatch& batch, const std::string& table, const NftElement& element) {
  begin(batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
  put_element(batch, table, element);
}

void delete_nft_element(NetlinkBatch& batch, const std::string& table, const NftElement& element) {
  begin(batch, NFT_MSG_DELSETELEM, 0);
  put_element(batch, table, {element.set, element.key, {}});
}

base::Result<std::vector<NftElement>> list_nft_elements(NetlinkSocket& socket, const std::string& table,
                                                        const std::string& set) {
  NetlinkBatch batch = socket.batch();
  begin(batch, NFT_MSG_GETSETELEM, NLM_F_DUMP);
  batch.put_text(NFTA_SET_ELEM_LIST_TABLE, table);
  batch.put_text(NFTA_SET_ELEM_LIST_SET, set);
  std::vector<NftElement> elements;
  auto asked =
      socket.query(batch, fmt::format("listing elements of {}", set), [&](const NetlinkMessage& message) {
        each_attribute(message.attributes<nfgenmsg>(), [&](const NetlinkAttribute& attribute) {
          if (attribute.type == NFTA_SET_ELEM_LIST_ELEMENTS) read_elements(attribute.data, set, elements);
        });
      });
  if (!asked && !is_missing(asked.error())) return base::fail(std::move(asked).error());
  return elements;
}

std::string nft_link(std::string_view name) {
  std::string key(name.substr(0, IFNAMSIZ - 1));
  key.resize(IFNAMSIZ, '\0');
  return key;
}

std::string nft_protocol(std::uint8_t protocol) {
  std::string key(1, static_cast<char>(protocol));
  key.resize(4, '\0');
  return key;
}

std::string nft_port(std::uint16_t port) {
  return {static_cast<char>(port >> 8), static_cast<char>(port & 0xff), '\0', '\0'};
}

base::Result<std::vector<NftHookedChain>> list_nft_hooked_chains(NetlinkSocket& socket) {
  NetlinkBatch batch = socket.batch();
  begin(batch, NFT_MSG_GETCHAIN, NLM_F_DUMP, NFPROTO_UNSPEC);
  std::vector<NftHookedChain> chains;
  TRY(socket.query(batch, "listing nftables chains", [&](const NetlinkMessage& message) {
    NftHookedChain chain;
    chain.family = family_name(message.header<nfgenmsg>().nfgen_family);
    bool hooked = false;
    each_attribute(message.attributes<nfgenmsg>(), [&](const NetlinkAttribute& attribute) {
      if (attribute.type == NFTA_CHAIN_TABLE) chain.table = attribute.text();
      if (attribute.type == NFTA_CHAIN_NAME) chain.name = attribute.text();
      if (attribute.type == NFTA_CHAIN_POLICY) chain.drops = big(attribute) == NF_DROP;
      if (attribute.type != NFTA_CHAIN_HOOK) return;
      hooked = true;
      each_attribute(attribute.data, [&](const NetlinkAttribute& hook) {
        if (hook.type == NFTA_HOOK_HOOKNUM) chain.hook = big(hook);
      });
    });
    if (hooked) chains.push_back(std::move(chain));
  }));
  return chains;
}

}  // namespace sys
