// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>

#include "runtime/network/dns_message.h"
#include "runtime/network/endpoint_plan.h"
#include "runtime/network/name_record.h"

/// Any bytes: the DNS form, plans and names are read without a fault, and what was read makes an answer
/// that fits and that we would take for one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace runtime::network;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(decode_network_plan(bytes));
  static_cast<void>(decode_names(bytes));
  static_cast<void>(parse_reverse_name(bytes));
  static_cast<void>(make_format_error(bytes));
  const auto query = parse_dns_query(bytes);
  if (!query) return 0;
  const std::vector<DnsAnswer> answers(40, make_address_answer(IpAddress{}));
  const std::string reply = make_dns_reply(*query, DnsCode::NoError, answers, 10, query->limit);
  if (reply.size() > query->limit || !is_reply_to(*query, query->id, reply)) std::abort();
  return 0;
}
