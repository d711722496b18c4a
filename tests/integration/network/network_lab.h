// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "runtime/network/endpoint_apply.h"
#include "runtime/network/endpoint_plan.h"
#include "runtime/network/network_store.h"
#include "runtime/network/realize.h"
#include "support/temporary_folder.h"
#include "sys/database.h"
#include "sys/fd.h"

namespace lab {

namespace network = runtime::network;

/// Fails the running test with the error's whole text.
void require_ok(const base::Result<>& result);
template <class T>
T require_value(base::Result<T> result) {
  if (!result) require_ok(base::fail(result.error()));
  return std::move(*result);
}

/// Runs `work` on a thread of its own that stands in `netns`.
void in_netns(int netns, const std::function<void()>& work);

/// Answers one line to whoever connects, or to every packet: its name and the client's address.
class EchoServer {
 public:
  EchoServer(int netns, const std::string& ip, std::uint16_t port, const std::string& name, int type);
  ~EchoServer();

 private:
  void run(int type, const std::string& name);
  int socket_ = -1;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

/// A DNS server that knows 192.0.2.1 for every name and counts the questions, UDP and TCP.
class FakeUpstream {
 public:
  FakeUpstream(int netns, const std::string& ip);
  ~FakeUpstream();
  int questions() const { return questions_; }

 private:
  void run();
  int udp_ = -1, tcp_ = -1;
  std::atomic<int> questions_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

/// What a server says to one connection or packet from `netns`; "" when it cannot be reached in time.
std::string ask_tcp(int netns, const std::string& ip, std::uint16_t port, int timeout_ms = 3000);
std::string ask_udp(int netns, const std::string& ip, std::uint16_t port, int timeout_ms = 3000);

/// The fe80:: address of a link.
std::string link_local_address(int netns, const std::string& link);

/// A client that asks again and again from one port.
class UdpClient {
 public:
  UdpClient(int netns, const std::string& ip, std::uint16_t port);
  /// "" when nothing comes in time.
  std::string ask(int timeout_ms);

 private:
  sys::UniqueFd socket_;
};

/// "code0 10.1.2.3 10.1.2.4" for a question to 127.0.0.11 from inside `netns`; "" without an answer.
std::string ask_dns(int netns, const std::string& name, int type, int socket_type);

/// A thread that does what a container's monitor does for its network.
class FakeContainer {
 public:
  explicit FakeContainer(const network::NetworkPlan& plan, int host_netns);
  ~FakeContainer();
  /// What apply_endpoints said.
  const base::Result<>& started() const { return started_; }
  const network::NetworkState& state() const { return state_; }
  int netns() const { return netns_.value(); }
  /// As a monitor that ends well.
  void stop();
  /// As one that is killed: nothing outside is taken back.
  void kill();

 private:
  void run(const network::NetworkPlan& plan, int host_netns);
  void end(bool clean);
  base::Result<> started_, removed_;
  network::NetworkState state_;
  sys::UniqueFd netns_, wake_;
  std::atomic<bool> ready_ = false, clean_ = true;
  std::thread thread_;
};

/// A machine of its own: a network namespace that plays the host, another one that plays a client on the
/// same wire (10.99.0.2 against 10.99.0.1), an installation. The calling thread stands in the host's.
class Machine {
 public:
  Machine();
  ~Machine();
  int host() const { return host_.value(); }
  int client() const { return client_.value(); }
  network::NetworkStore& store() { return *store_; }
  const network::Installation& installation() const { return installation_; }

  network::NetworkRecord create(const model::NetworkSpec& spec);
  /// A plan as the engine makes it: `spec.endpoints` name the networks.
  network::NetworkPlan plan(const std::string& name, model::ContainerSpec spec);
  std::unique_ptr<FakeContainer> start(const std::string& name, const model::ContainerSpec& spec);
  void remove(const std::string& network_name);
  /// Names of the links and tables there are, for comparing before and after.
  std::vector<std::string> kernel_objects();

 private:
  test::TemporaryFolder folder_;
  sys::UniqueFd home_, host_, client_;
  std::unique_ptr<sys::Database> database_;
  std::unique_ptr<network::NetworkStore> store_;
  network::Installation installation_;
};

}  // namespace lab
