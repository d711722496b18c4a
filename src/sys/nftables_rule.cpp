// SPDX-License-Identifier: Apache-2.0
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "sys/nftables.h"

namespace sys {
namespace {

constexpr std::uint16_t kNested = NLA_F_NESTED;
constexpr NftRegister kScratch = 15;  // for tests on the connection

std::uint32_t number_of(NftRegister index) { return NFT_REG32_00 + index; }

std::string_view bytes_of(const std::uint32_t& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

void NftRule::expression(std::string_view name, const std::function<void()>& fill) {
  batch_.nest(NFTA_LIST_ELEM | kNested, [&] {
    batch_.put_text(NFTA_EXPR_NAME, name);
    batch_.nest(NFTA_EXPR_DATA | kNested, fill);
  });
}

NftRule& NftRule::meta(NftMeta key, NftRegister to) {
  expression("meta", [&] {
    batch_.put_be32(NFTA_META_KEY, static_cast<std::uint32_t>(key));
    batch_.put_be32(NFTA_META_DREG, number_of(to));
  });
  return *this;
}

NftRule& NftRule::payload(NftBase base, std::uint32_t offset, std::uint32_t size, NftRegister to) {
  expression("payload", [&] {
    batch_.put_be32(NFTA_PAYLOAD_DREG, number_of(to));
    batch_.put_be32(NFTA_PAYLOAD_BASE, static_cast<std::uint32_t>(base));
    batch_.put_be32(NFTA_PAYLOAD_OFFSET, offset);
    batch_.put_be32(NFTA_PAYLOAD_LEN, size);
  });
  return *this;
}

NftRule& NftRule::set_transport(NftRegister from, std::uint32_t offset, std::uint32_t size,
                                std::uint32_t checksum) {
  expression("payload", [&] {
    batch_.put_be32(NFTA_PAYLOAD_SREG, number_of(from));
    batch_.put_be32(NFTA_PAYLOAD_BASE, static_cast<std::uint32_t>(NftBase::Transport));
    batch_.put_be32(NFTA_PAYLOAD_OFFSET, offset);
    batch_.put_be32(NFTA_PAYLOAD_LEN, size);
    batch_.put_be32(NFTA_PAYLOAD_CSUM_TYPE, NFT_PAYLOAD_CSUM_INET);
    batch_.put_be32(NFTA_PAYLOAD_CSUM_OFFSET, checksum);
  });
  return *this;
}

NftRule& NftRule::compare(NftRegister from, std::string_view bytes, NftMatch match) {
  expression("cmp", [&] {
    batch_.put_be32(NFTA_CMP_SREG, number_of(from));
    batch_.put_be32(NFTA_CMP_OP, match == NftMatch::Equal ? NFT_CMP_EQ : NFT_CMP_NEQ);
    batch_.nest(NFTA_CMP_DATA | kNested, [&] { batch_.put(NFTA_DATA_VALUE, bytes); });
  });
  return *this;
}

NftRule& NftRule::in_set(const std::string& set, NftRegister from, NftMatch match) {
  expression("lookup", [&] {
    batch_.put_text(NFTA_LOOKUP_SET, set);
    batch_.put_be32(NFTA_LOOKUP_SREG, number_of(from));
    if (match == NftMatch::NotEqual) batch_.put_be32(NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
  });
  return *this;
}

NftRule& NftRule::look_up(const std::string& map, NftRegister from, NftRegister to) {
  expression("lookup", [&] {
    batch_.put_text(NFTA_LOOKUP_SET, map);
    batch_.put_be32(NFTA_LOOKUP_SREG, number_of(from));
    batch_.put_be32(NFTA_LOOKUP_DREG, number_of(to));
  });
  return *this;
}

NftRule& NftRule::bits_of_connection(std::uint32_t key, std::uint32_t bits) {
  expression("ct", [&] {
    batch_.put_be32(NFTA_CT_KEY, key);
    batch_.put_be32(NFTA_CT_DREG, number_of(kScratch));
  });
  const std::uint32_t zero = 0;
  expression("bitwise", [&] {
    batch_.put_be32(NFTA_BITWISE_SREG, number_of(kScratch));
    batch_.put_be32(NFTA_BITWISE_DREG, number_of(kScratch));
    batch_.put_be32(NFTA_BITWISE_LEN, sizeof bits);
    batch_.nest(NFTA_BITWISE_MASK | kNested, [&] { batch_.put(NFTA_DATA_VALUE, bytes_of(bits)); });
    batch_.nest(NFTA_BITWISE_XOR | kNested, [&] { batch_.put(NFTA_DATA_VALUE, bytes_of(zero)); });
  });
  return compare(kScratch, bytes_of(zero), NftMatch::NotEqual);
}

NftRule& NftRule::state_has(std::uint32_t bits) { return bits_of_connection(NFT_CT_STATE, bits); }

NftRule& NftRule::status_has(std::uint32_t bits) { return bits_of_connection(NFT_CT_STATUS, bits); }

NftRule& NftRule::to_this_host() {
  expression("fib", [&] {
    batch_.put_be32(NFTA_FIB_DREG, number_of(kScratch));
    batch_.put_be32(NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
    batch_.put_be32(NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
  });
  const std::uint32_t local = RTN_LOCAL;
  return compare(kScratch, bytes_of(local));
}

NftRule& NftRule::load(NftRegister to, std::string_view bytes) {
  expression("immediate", [&] {
    batch_.put_be32(NFTA_IMMEDIATE_DREG, number_of(to));
    batch_.nest(NFTA_IMMEDIATE_DATA | kNested, [&] { batch_.put(NFTA_DATA_VALUE, bytes); });
  });
  return *this;
}

NftRule& NftRule::dnat(NftFamily family, NftRegister address, NftRegister port) {
  expression("nat", [&] {
    batch_.put_be32(NFTA_NAT_TYPE, NFT_NAT_DNAT);
    batch_.put_be32(NFTA_NAT_FAMILY, static_cast<std::uint32_t>(family));
    batch_.put_be32(NFTA_NAT_REG_ADDR_MIN, number_of(address));
    batch_.put_be32(NFTA_NAT_REG_PROTO_MIN, number_of(port));
  });
  return *this;
}

NftRule& NftRule::masquerade() {
  expression("masq", [] {});
  return *this;
}

NftRule& NftRule::verdict(NftVerdict verdict, const std::string& chain) {
  expression("immediate", [&] {
    batch_.put_be32(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    batch_.nest(NFTA_IMMEDIATE_DATA | kNested, [&] {
      batch_.nest(NFTA_DATA_VERDICT | kNested, [&] {
        batch_.put_be32(NFTA_VERDICT_CODE, static_cast<std::uint32_t>(verdict));
        if (!chain.empty()) batch_.put_text(NFTA_VERDICT_CHAIN, chain);
      });
    });
  });
  return *this;
}

void add_nft_rule(NetlinkBatch& batch, const std::string& table, const std::string& chain,
                  const std::function<void(NftRule&)>& fill) {
  const nfgenmsg header{NFPROTO_INET, NFNETLINK_V0, 0};
  batch.begin((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, header);
  batch.put_text(NFTA_RULE_TABLE, table);
  batch.put_text(NFTA_RULE_CHAIN, chain);
  batch.nest(NFTA_RULE_EXPRESSIONS | kNested, [&] {
    NftRule rule(batch);
    fill(rule);
  });
}

}  // namespace sys
