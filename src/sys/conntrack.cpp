// SPDX-License-Identifier: Apache-2.0
#include "sys/conntrack.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace sys {
namespace {

constexpr std::uint8_t kUdp = 17;

struct Flow {
  std::uint8_t family = AF_UNSPEC;
  std::string tuple;  ///< CTA_TUPLE_ORIG as the kernel gave it.
  std::string zone;   ///< CTA_ZONE; empty: the default one.
};

void begin(NetlinkBatch& batch, int type, int flags, std::uint8_t family) {
  batch.begin(static_cast<std::uint16_t>((NFNL_SUBSYS_CTNETLINK << 8) | type),
              static_cast<std::uint16_t>(flags), nfgenmsg{family, NFNETLINK_V0, 0});
}

bool leads_to(std::string_view tuple, const std::vector<std::uint16_t>& ports) {
  bool udp = false, port = false;
  each_attribute(tuple, [&](const NetlinkAttribute& part) {
    if (part.type != CTA_TUPLE_PROTO) return;
    each_attribute(part.data, [&](const NetlinkAttribute& field) {
      if (field.type == CTA_PROTO_NUM) udp = field.u8() == kUdp;
      if (field.type != CTA_PROTO_DST_PORT) return;
      port = std::find(ports.begin(), ports.end(), ntohs(field.u16())) != ports.end();
    });
  });
  return udp && port;
}

}  // namespace

base::Result<> forget_udp_flows(NetlinkSocket& netfilter, const std::vector<std::uint16_t>& ports) {
  if (ports.empty()) return {};
  std::vector<Flow> flows;
  NetlinkBatch list = netfilter.batch();
  begin(list, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_UNSPEC);
  auto listed = netfilter.query(list, "listing tracked connections", [&](const NetlinkMessage& message) {
    Flow flow{message.header<nfgenmsg>().nfgen_family, {}, {}};
    each_attribute(message.attributes<nfgenmsg>(), [&](const NetlinkAttribute& attribute) {
      if (attribute.type == CTA_TUPLE_ORIG) flow.tuple = attribute.data;
      if (attribute.type == CTA_ZONE) flow.zone = attribute.data;
    });
    if (leads_to(flow.tuple, ports)) flows.push_back(std::move(flow));
  });
  // Without nf_conntrack_netlink nobody can be asked; without nf_conntrack there is nothing to forget.
  if (!listed && (listed.error().errno_value == EINVAL || listed.error().errno_value == EOPNOTSUPP))
    return {};
  if (!listed) return listed;
  if (flows.empty()) return {};
  NetlinkBatch batch = netfilter.batch();
  for (const Flow& flow : flows) {
    begin(batch, IPCTNL_MSG_CT_DELETE, 0, flow.family);
    batch.put(CTA_TUPLE_ORIG | NLA_F_NESTED, flow.tuple);
    if (!flow.zone.empty()) batch.put(CTA_ZONE, flow.zone);
  }
  auto forgotten = netfilter.execute(batch, "ending tracked UDP flows");
  if (!forgotten && forgotten.error().errno_value != ENOENT) return forgotten;
  return {};
}

}  // namespace sys
