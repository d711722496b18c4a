// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/endpoint_plan.h"

#include "base/byte_codec.h"

namespace runtime::network {
namespace {

constexpr std::uint8_t kVersion = 1;

// Each record lists its members once, for writing and reading alike.
struct Writer {
  base::ByteWriter out;
  void operator()(const std::string& value) { out.text(value); }
  void operator()(const std::vector<std::string>& value) { out.texts(value); }
  void operator()(bool value) { out.number(static_cast<std::uint8_t>(value)); }
  template <class Number>
  requires std::is_integral_v<Number> || std::is_enum_v<Number>
  void operator()(const Number& value) { out.number(value); }
  template <class Item>
  requires std::is_class_v<Item>
  void operator()(const std::vector<Item>& items) {
    out.number(static_cast<std::uint32_t>(items.size()));
    for (const Item& item : items) members(*this, item);
  }
};

struct Reader {
  base::ByteReader in;
  void operator()(std::string& value) { value = in.text(); }
  void operator()(std::vector<std::string>& value) { value = in.texts(); }
  void operator()(bool& value) { value = in.boolean(); }
  template <class Number>
  requires std::is_integral_v<Number> || std::is_enum_v<Number>
  void operator()(Number& value) { in.number(value); }
  template <class Item>
  requires std::is_class_v<Item>
  void operator()(std::vector<Item>& items) {
    items.resize(in.count(sizeof(std::uint32_t)));
    for (Item& item : items) members(*this, item);
  }
};

template <class Archive, class Value>
requires std::is_same_v<std::remove_const_t<Value>, EndpointPlan>
void members(Archive& archive, Value& value) {
  archive(value.network_id), archive(value.network_name), archive(value.driver), archive(value.parent);
  archive(value.mode), archive(value.interface_name), archive(value.mac_address);
  archive(value.ipv4_address), archive(value.ipv6_address), archive(value.ipv4_prefix);
  archive(value.ipv6_prefix), archive(value.link_local_addresses), archive(value.sysctls),
      archive(value.ipv4_gateway);
  archive(value.ipv6_gateway), archive(value.mtu), archive(value.internal), archive(value.isolated);
  archive(value.names_directory), archive(value.names);
}

template <class Archive, class Value>
requires std::is_same_v<std::remove_const_t<Value>, PublishPlan>
void members(Archive& archive, Value& value) {
  archive(value.host_ip), archive(value.host_port), archive(value.host_port_end);
  archive(value.container_port), archive(value.protocol), archive(value.ipv4_target);
  archive(value.ipv6_target);
}

template <class Archive, class Value>
requires std::is_same_v<std::remove_const_t<Value>, model::PublishedPort>
void members(Archive& archive, Value& value) {
  archive(value.host_ip), archive(value.host_port), archive(value.container_port), archive(value.protocol);
}

template <class Archive, class Value>
requires std::is_same_v<std::remove_const_t<Value>, NetworkPlan>
void members(Archive& archive, Value& value) {
  archive(value.container_id), archive(value.installation.name), archive(value.installation.run_root);
  archive(value.mode), archive(value.namespace_path), archive(value.endpoints), archive(value.ports);
  archive(value.resolver.serve), archive(value.resolver.forward), archive(value.resolver.upstreams);
}

template <class Archive, class Value>
requires std::is_same_v<std::remove_const_t<Value>, NetworkState>
void members(Archive& archive, Value& value) { archive(value.ports); }

template <class Value>
std::string encode_value(const Value& value) {
  Writer writer;
  writer(kVersion);
  members(writer, value);
  return writer.out.take();
}

template <class Value>
base::Result<Value> decode_value(std::string_view bytes, const char* what) {
  Reader reader{base::ByteReader(bytes)};
  std::uint8_t version = 0;
  Value value;
  reader(version);
  members(reader, value);
  TRY(reader.in.finish(what));
  if (version != kVersion)
    return base::fail(base::ErrorClass::Invalid, std::string(what) + " is of another version");
  return value;
}

}  // namespace

std::string encode(const NetworkPlan& plan) { return encode_value(plan); }

base::Result<NetworkPlan> decode_network_plan(std::string_view bytes) {
  return decode_value<NetworkPlan>(bytes, "a network plan");
}

std::string encode(const NetworkState& state) { return encode_value(state); }

base::Result<NetworkState> decode_network_state(std::string_view bytes) {
  return decode_value<NetworkState>(bytes, "a network state");
}

}  // namespace runtime::network
