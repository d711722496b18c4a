// SPDX-License-Identifier: Apache-2.0
#include "sys/netlink_socket.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <memory>
#include <optional>

#include <fmt/format.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

namespace sys {
namespace {

constexpr std::size_t kReceiveSize = 64 * 1024;
constexpr int kSendBuffer = 1 << 20;

tl::unexpected<base::Error> failed(std::string_view call, std::string_view what) {
  return base::fail(base::make_errno_error(fmt::format("{}: {}", what, call), errno));
}

/// The kernel's explanation (NLMSGERR_ATTR_MSG) that may follow an error.
std::string extended_text(const nlmsghdr& header, std::string_view message) {
  nlmsgerr error{};
  std::memcpy(&error, message.data(), sizeof error);
  std::size_t skip = sizeof error;
  if ((header.nlmsg_flags & NLM_F_CAPPED) == 0) skip += error.msg.nlmsg_len - sizeof(nlmsghdr);
  skip = (skip + 3) & ~std::size_t{3};
  if ((header.nlmsg_flags & NLM_F_ACK_TLVS) == 0 || message.size() <= skip) return {};
  std::string text;
  each_attribute(message.substr(skip), [&](const NetlinkAttribute& attribute) {
    if (attribute.type == NLMSGERR_ATTR_MSG) text = attribute.text();
  });
  return text;
}

base::Error make_kernel_error(std::string_view what, int value, const std::string& text) {
  base::Error error = base::make_errno_error(what, value);
  if (!text.empty()) error.message += ": " + text;
  return error;
}

}  // namespace

base::Result<NetlinkSocket> NetlinkSocket::open(int protocol) {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (!fd.valid()) return failed("socket(AF_NETLINK)", "opening a netlink socket");
  const int one = 1;
  ::setsockopt(fd.value(), SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one);
  ::setsockopt(fd.value(), SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
  ::setsockopt(fd.value(), SOL_SOCKET, SO_SNDBUFFORCE, &kSendBuffer, sizeof kSendBuffer);
  // The kernel answers within the send call; a longer wait means that it never will.
  const timeval limit{10, 0};
  ::setsockopt(fd.value(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (::bind(fd.value(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return failed("bind(AF_NETLINK)", "opening a netlink socket");
  }
  return NetlinkSocket(std::move(fd));
}

NetlinkBatch NetlinkSocket::batch() { return NetlinkBatch(next_sequence_); }

base::Result<> NetlinkSocket::send(NetlinkBatch& batch, std::string_view what) {
  const std::string_view bytes = TRY_WHILE(batch.finish(), std::string(what));
  next_sequence_ = batch.first_sequence() + batch.count();
  while (true) {
    const ssize_t sent = ::send(fd_.value(), bytes.data(), bytes.size(), 0);
    if (sent >= 0) return {};
    if (errno != EINTR) return failed("send(AF_NETLINK)", what);
  }
}

base::Result<> NetlinkSocket::execute(NetlinkBatch& batch, std::string_view what) {
  return query(batch, what, [](const NetlinkMessage&) {});
}

base::Result<> NetlinkSocket::query(NetlinkBatch& batch, std::string_view what,
                                    const std::function<void(const NetlinkMessage&)>& each) {
  TRY(send(batch, what));
  const std::uint32_t first = batch.first_sequence();
  const std::uint32_t last = batch.acknowledged();
  std::optional<base::Error> error;
  const std::unique_ptr<char[]> buffer(new char[kReceiveSize]);
  while (true) {
    const ssize_t size = ::recv(fd_.value(), buffer.get(), kReceiveSize, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failed("recv(AF_NETLINK)", what);
    std::string_view left(buffer.get(), static_cast<std::size_t>(size));
    while (left.size() >= sizeof(nlmsghdr)) {
      nlmsghdr header{};
      std::memcpy(&header, left.data(), sizeof header);
      if (header.nlmsg_len < sizeof header || header.nlmsg_len > left.size()) break;
      const std::string_view body = left.substr(sizeof header, header.nlmsg_len - sizeof header);
      left.remove_prefix(std::min<std::size_t>((header.nlmsg_len + 3) & ~3u, left.size()));
      // Leftovers of an earlier, failed batch.
      if (header.nlmsg_seq < first || header.nlmsg_seq > last) continue;
      if (header.nlmsg_type == NLMSG_DONE)
        return error ? base::Result<>(base::fail(*error)) : base::Result<>();
      if (header.nlmsg_type != NLMSG_ERROR) {
        each({header.nlmsg_type, body});
        continue;
      }
      if (body.size() < sizeof(nlmsgerr)) break;
      int code = 0;
      std::memcpy(&code, body.data(), sizeof code);
      if (code != 0 && !error) error = make_kernel_error(what, -code, extended_text(header, body));
      // After an error on the opening message of a transaction nothing more is answered.
      const bool refused = code != 0 && batch.transaction() && header.nlmsg_seq == first;
      if (header.nlmsg_seq == last || refused) {
        return error ? base::Result<>(base::fail(std::move(*error))) : base::Result<>();
      }
    }
  }
}

}  // namespace sys
