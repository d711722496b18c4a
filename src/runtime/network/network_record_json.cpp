// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "runtime/network/network_record.h"

namespace runtime::network {
namespace {

using Json = nlohmann::json;

Json to_json(const Pool& pool) {
  return {{"subnet", pool.subnet},
          {"gateway", pool.gateway},
          {"range", pool.range},
          {"aux_addresses", pool.aux_addresses}};
}

Pool read_pool(const Json& json) {
  Pool pool;
  pool.subnet = json.at("subnet");
  pool.gateway = json.at("gateway");
  pool.range = json.at("range");
  pool.aux_addresses = json.at("aux_addresses").get<std::map<std::string, std::string>>();
  return pool;
}

}  // namespace

std::string encode_record(const NetworkRecord& record) {
  Json pools = Json::array();
  for (const Pool& pool : record.pools) pools.push_back(to_json(pool));
  const Json json = {
      {"id", record.id},
      {"name", record.name},
      {"driver", static_cast<int>(record.driver)},
      {"pools", pools},
      {"internal", record.internal},
      {"attachable", record.attachable},
      {"driver_opts", record.driver_opts},
      {"labels", record.labels},
      {"created_ns", record.created_ns},
      {"bridge", record.bridge},
      {"parent", record.parent},
      {"mode", record.mode},
      {"mtu", record.mtu},
      {"masquerade", record.masquerade},
      {"between_containers", record.between_containers},
      {"host_binding", record.host_binding},
  };
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

base::Result<NetworkRecord> decode_record(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    NetworkRecord record;
    record.id = json.at("id");
    record.name = json.at("name");
    record.driver = static_cast<Driver>(json.at("driver").get<int>());
    for (const Json& pool : json.at("pools")) record.pools.push_back(read_pool(pool));
    record.internal = json.at("internal");
    record.attachable = json.at("attachable");
    record.driver_opts = json.at("driver_opts").get<std::map<std::string, std::string>>();
    record.labels = json.at("labels").get<std::map<std::string, std::string>>();
    record.created_ns = json.at("created_ns");
    record.bridge = json.at("bridge");
    record.parent = json.at("parent");
    record.mode = json.at("mode");
    record.mtu = json.at("mtu");
    record.masquerade = json.at("masquerade");
    record.between_containers = json.at("between_containers");
    record.host_binding = json.at("host_binding");
    return record;
  } catch (const Json::exception& error) {
    return base::fail(base::ErrorClass::Internal,
                      std::string("a damaged record of a network: ") + error.what());
  }
}

}  // namespace runtime::network
