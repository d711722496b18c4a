// SPDX-License-Identifier: Apache-2.0
#include "integration/network/network_lab.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <future>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "runtime/network/dns_message.h"
#include "sys/event_loop.h"
#include "sys/netns.h"
#include "sys/nftables.h"
#include "sys/rtnetlink.h"
#include "sys/sha256.h"

namespace lab {
namespace {

constexpr const char* kHostSide = "10.99.0.1";
constexpr const char* kClientSide = "10.99.0.2";

std::string raw(const std::string& text) { return std::string(network::parse_ip_address(text)->data()); }

socklen_t make_address(const std::string& ip, std::uint16_t port, sockaddr_storage& out) {
  out = {};
  if (ip.find(':') != std::string::npos) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    const std::size_t zone = ip.find('%');
    if (zone != std::string::npos) v6.sin6_scope_id = ::if_nametoindex(ip.c_str() + zone + 1);
    ::inet_pton(AF_INET6, ip.substr(0, zone).c_str(), &v6.sin6_addr);
    return sizeof v6;
  }
  auto& v4 = reinterpret_cast<sockaddr_in&>(out);
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  ::inet_pton(AF_INET, ip.c_str(), &v4.sin_addr);
  return sizeof v4;
}

std::string text_of(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
  } else {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  }
  return text;
}

bool wait_readable(int fd, int timeout_ms) {
  pollfd watched{fd, POLLIN, 0};
  return ::poll(&watched, 1, timeout_ms) == 1;
}

std::string ask(int type, const std::string& ip, std::uint16_t port, const std::string& request,
                int timeout_ms) {
  sockaddr_storage address;
  const socklen_t size = make_address(ip, port, address);
  const sys::UniqueFd fd(::socket(address.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::connect(fd.value(), reinterpret_cast<sockaddr*>(&address), size) != 0) {
    pollfd watched{fd.value(), POLLOUT, 0};
    if (errno != EINPROGRESS || ::poll(&watched, 1, timeout_ms) != 1) return "";
  }
  if (::send(fd.value(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return "";
  std::string answer;
  char buffer[4096];
  while (wait_readable(fd.value(), timeout_ms)) {
    const ssize_t got = ::recv(fd.value(), buffer, sizeof buffer, 0);
    if (got <= 0) break;
    answer.append(buffer, static_cast<std::size_t>(got));
    if (type == SOCK_DGRAM) break;
  }
  return answer;
}

std::string in(int netns, const std::function<std::string()>& work) {
  std::string answer;
  in_netns(netns, [&] { answer = work(); });
  return answer;
}

/// A veth between the caller's namespace and `other`, with these addresses, both up.
void connect_wire(int other) {
  auto socket = require_value(sys::NetlinkSocket::open(NETLINK_ROUTE));
  auto batch = socket.batch();
  sys::VethRequest request;
  request.name = "wire0";
  request.peer_name = "wire0";
  request.peer_netns = other;
  request.peer_mac = {2, 0, 0, 0, 0, 2};
  sys::add_veth(batch, request);
  require_ok(socket.execute(batch, "making the wire"));
  const auto configure = [](const std::string& ip4, const std::string& ip6, const std::string& gateway) {
    auto inner = require_value(sys::NetlinkSocket::open(NETLINK_ROUTE));
    const auto link = require_value(sys::find_link(inner, "wire0"));
    auto set = inner.batch();
    sys::set_link_up(set, 1);
    sys::set_link_up(set, link->index);
    sys::add_address(set, {link->index, raw(ip4), 24});
    sys::add_address(set, {link->index, raw(ip6), 64});
    if (!gateway.empty()) sys::add_default_route(set, link->index, raw(gateway));
    require_ok(inner.execute(set, "setting up the wire"));
  };
  configure(kHostSide, "fd99::1", "");
  in_netns(other, [&] { configure(kClientSide, "fd99::2", kHostSide); });
}

}  // namespace

void require_ok(const base::Result<>& result) {
  INFO((result ? std::string() : base::to_text(result.error())));
  REQUIRE(result.has_value());
}

void in_netns(int netns, const std::function<void()>& work) {
  std::exception_ptr failure;
  std::thread thread([&] {
    try {
      require_ok(sys::enter_netns(netns));
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  });
  thread.join();
  if (failure) std::rethrow_exception(failure);
}

EchoServer::EchoServer(int netns, const std::string& ip, std::uint16_t port, const std::string& name,
                       int type) {
  in_netns(netns, [&] {
    sockaddr_storage address;
    const socklen_t size = make_address(ip, port, address);
    socket_ = ::socket(address.ss_family, type | SOCK_CLOEXEC, 0);
    const int one = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    if (type == SOCK_STREAM) REQUIRE(::listen(socket_, 64) == 0);
  });
  thread_ = std::thread([this, type, name] { run(type, name); });
}

EchoServer::~EchoServer() {
  stop_ = true;
  thread_.join();
  ::close(socket_);
}

void EchoServer::run(int type, const std::string& name) {
  while (!stop_) {
    if (!wait_readable(socket_, 20)) continue;
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    char buffer[2048];
    if (type == SOCK_DGRAM) {
      if (::recvfrom(socket_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size) < 0)
        continue;
      const std::string answer = name + " saw " + text_of(from);
      ::sendto(socket_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
      continue;
    }
    const sys::UniqueFd client(::accept4(socket_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC));
    if (!client.valid()) continue;
    const std::string answer = name + " saw " + text_of(from);
    if (wait_readable(client.value(), 1000))
      static_cast<void>(::recv(client.value(), buffer, sizeof buffer, 0));
    ::send(client.value(), answer.data(), answer.size(), MSG_NOSIGNAL);
  }
}

FakeUpstream::FakeUpstream(int netns, const std::string& ip) {
  in_netns(netns, [&] {
    sockaddr_storage address;
    const socklen_t size = make_address(ip, 53, address);
    udp_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    tcp_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    for (const int fd : {udp_, tcp_}) REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(tcp_, 8) == 0);
  });
  thread_ = std::thread([this] { run(); });
}

FakeUpstream::~FakeUpstream() {
  stop_ = true;
  thread_.join();
  ::close(udp_);
  ::close(tcp_);
}

void FakeUpstream::run() {
  const auto answer = [this](std::string_view packet) {
    ++questions_;
    const auto query = network::parse_dns_query(packet);
    return network::make_dns_reply(*query, network::DnsCode::NoError,
                                   {network::make_address_answer(*network::parse_ip_address("192.0.2.1"))},
                                   60, 512);
  };
  char buffer[2048];
  while (!stop_) {
    pollfd watched[] = {{udp_, POLLIN, 0}, {tcp_, POLLIN, 0}};
    if (::poll(watched, 2, 20) <= 0) continue;
    if (watched[0].revents != 0) {
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      const ssize_t got =
          ::recvfrom(udp_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
      const std::string reply = answer({buffer, static_cast<std::size_t>(got)});
      ::sendto(udp_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
    if (watched[1].revents != 0) {
      const sys::UniqueFd client(::accept4(tcp_, nullptr, nullptr, SOCK_CLOEXEC));
      const ssize_t got = ::recv(client.value(), buffer, sizeof buffer, 0);
      const std::string reply = answer({buffer + 2, static_cast<std::size_t>(got) - 2});
      const std::string framed = std::string(1, '\0') + static_cast<char>(reply.size()) + reply;
      ::send(client.value(), framed.data(), framed.size(), MSG_NOSIGNAL);
    }
  }
}

std::string ask_tcp(int netns, const std::string& ip, std::uint16_t port, int timeout_ms) {
  return in(netns, [&] { return ask(SOCK_STREAM, ip, port, "hello", timeout_ms); });
}

std::string ask_udp(int netns, const std::string& ip, std::uint16_t port, int timeout_ms) {
  return in(netns, [&] { return ask(SOCK_DGRAM, ip, port, "hello", timeout_ms); });
}

std::string link_local_address(int netns, const std::string& link) {
  return in(netns, [&] {
    auto socket = require_value(sys::NetlinkSocket::open(NETLINK_ROUTE));
    const int index = require_value(sys::find_link(socket, link))->index;
    for (const auto& address : require_value(sys::list_addresses(socket))) {
      if (address.link != index || !address.bytes.starts_with("\xfe\x80")) continue;
      network::IpAddress ip{network::IpFamily::V6, {}};
      std::copy(address.bytes.begin(), address.bytes.end(), ip.bytes.begin());
      return network::to_text(ip);
    }
    return std::string();
  });
}

UdpClient::UdpClient(int netns, const std::string& ip, std::uint16_t port) {
  in_netns(netns, [&] {
    sockaddr_storage address;
    const socklen_t size = make_address(ip, port, address);
    socket_ = sys::UniqueFd(::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(socket_.value(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  });
}

std::string UdpClient::ask(int timeout_ms) {
  char buffer[2048];
  ::send(socket_.value(), "hello", 5, MSG_NOSIGNAL);
  if (!wait_readable(socket_.value(), timeout_ms)) return "";
  const ssize_t got = ::recv(socket_.value(), buffer, sizeof buffer, 0);
  return got < 0 ? std::string() : std::string(buffer, static_cast<std::size_t>(got));
}

FakeContainer::FakeContainer(const network::NetworkPlan& plan, int host_netns)
    : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  std::promise<void> ready;
  thread_ = std::thread([&, this] {
    require_ok(sys::enter_netns(host_netns));
    auto loop = sys::EventLoop::create();  // outlives what is attached to it
    auto attached = network::apply_endpoints(plan);
    if (attached) {
      started_ = (*attached)->serve(*loop);
      state_ = (*attached)->state();
      netns_ = require_value(sys::open_own_netns());
    } else {
      started_ = base::fail(attached.error());
    }
    ready.set_value();
    bool stopped = !attached;
    if (attached)
      static_cast<void>(loop->add(wake_.value(), sys::kReadable, [&](std::uint32_t) { stopped = true; }));
    while (!stopped) static_cast<void>(loop->run_once());
    if (attached && clean_) removed_ = (*attached)->remove();
  });
  ready.get_future().wait();
}

FakeContainer::~FakeContainer() { end(true); }

void FakeContainer::end(bool clean) {
  if (!thread_.joinable()) return;
  clean_ = clean;
  const std::uint64_t one = 1;
  REQUIRE(::write(wake_.value(), &one, sizeof one) == sizeof one);
  thread_.join();
  netns_.reset();
}

void FakeContainer::stop() {
  end(true);
  require_ok(removed_);
}

void FakeContainer::kill() { end(false); }

Machine::Machine() {
  home_ = require_value(sys::open_own_netns());
  require_ok(sys::enter_new_netns());
  client_ = require_value(sys::open_own_netns());
  require_ok(sys::enter_new_netns());
  host_ = require_value(sys::open_own_netns());
  connect_wire(client_.value());
  database_ = require_value(sys::Database::open(folder_.path + "/state.db"));
  store_ = require_value(network::NetworkStore::open(*database_));
  installation_ = {"compose-test", folder_.path + "/run"};
}

Machine::~Machine() { static_cast<void>(sys::enter_netns(home_.value())); }

network::NetworkRecord Machine::create(const model::NetworkSpec& spec) {
  const auto record = require_value(store_->create(spec));
  require_ok(network::ensure_network(installation_, *store_, record));
  return record;
}

network::NetworkPlan Machine::plan(const std::string& name, model::ContainerSpec spec) {
  network::PlanRequest request;
  request.installation = installation_;
  request.container_id = sys::sha256_hex(name);
  request.container_name = name;
  request.spec = &spec;
  for (const model::EndpointSpec& endpoint : spec.endpoints) {
    const auto record = require_value(store_->find(endpoint.network));
    request.networks.push_back(record);
    request.leases.push_back(require_value(store_->lease(record, request.container_id, endpoint)));
  }
  return require_value(network::make_network_plan(request));
}

std::unique_ptr<FakeContainer> Machine::start(const std::string& name, const model::ContainerSpec& spec) {
  // Through its encoded form, as the monitor gets it.
  const auto decoded = require_value(network::decode_network_plan(network::encode(plan(name, spec))));
  auto container = std::make_unique<FakeContainer>(decoded, host_.value());
  require_ok(container->started());
  return container;
}

void Machine::remove(const std::string& network_name) {
  for (const auto& lease : require_value(store_->list_leases(require_value(store_->find(network_name)).id))) {
    require_ok(store_->release_leases(lease.container_id));
  }
  const auto record = require_value(store_->remove(network_name));
  require_ok(network::remove_network_realization(installation_, {record}));
}

std::vector<std::string> Machine::kernel_objects() {
  std::vector<std::string> names;
  auto route = require_value(sys::NetlinkSocket::open(NETLINK_ROUTE));
  for (const auto& link : require_value(sys::list_links(route))) names.push_back("link " + link.name);
  auto filter = require_value(sys::NetlinkSocket::open(NETLINK_NETFILTER));
  for (const auto& chain : require_value(sys::list_nft_hooked_chains(filter))) {
    names.push_back("chain " + chain.table + " " + chain.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string ask_dns(int netns, const std::string& name, int type, int socket_type) {
  std::string query("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
  for (std::size_t start = 0; start <= name.size();) {
    const std::size_t dot = std::min(name.find('.', start), name.size());
    query += static_cast<char>(dot - start);
    query += name.substr(start, dot - start);
    start = dot + 1;
  }
  query += std::string("\0\0", 2) + static_cast<char>(type) + std::string("\0\1", 2);
  std::string request = query;
  if (socket_type == SOCK_STREAM) request = std::string(1, '\0') + static_cast<char>(query.size()) + query;
  // A stream stays open: what it says within a short time is the answer.
  const int timeout = socket_type == SOCK_STREAM ? 300 : 3000;
  std::string answer = in(netns, [&] { return ask(socket_type, "127.0.0.11", 53, request, timeout); });
  if (socket_type == SOCK_STREAM && answer.size() > 2) answer.erase(0, 2);
  if (answer.size() < query.size()) return "";
  std::string text = fmt::format("code{}", answer[3] & 0xf);
  std::size_t at = query.size();
  std::vector<std::string> records;
  for (int left = static_cast<unsigned char>(answer[7]); left > 0 && at + 12 <= answer.size(); --left) {
    const std::size_t size = static_cast<unsigned char>(answer[at + 11]);
    network::IpAddress address;
    if (size == 16) address.family = network::IpFamily::V6;
    const std::string data = answer.substr(at + 12, size);
    if (size == 4 || size == 16) {
      std::copy(data.begin(), data.end(), address.bytes.begin());
      records.push_back(network::to_text(address));
    } else {
      records.push_back(data.size() > 2 ? data.substr(1, data.size() - 2) : data);
    }
    at += 12 + size;
  }
  std::sort(records.begin(), records.end());
  for (const std::string& record : records) text += " " + record;
  return text;
}

}  // namespace lab
