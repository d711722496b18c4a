// SPDX-License-Identifier: Apache-2.0
#include "sys/unix_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "sys/file.h"

namespace sys {
namespace {

constexpr std::size_t kMaxFds = 8;

tl::unexpected<base::Error> failed(std::string call) {
  const int saved = errno;
  return base::fail(base::make_errno_error(call, saved));
}

struct Address {
  UniqueFd directory;  ///< Keeps `name` valid.
  sockaddr_un name{};
};

/// An address through the folder's descriptor: always short enough.
base::Result<Address> make_address(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  Address address;
  address.directory =
      TRY(open_file(slash == std::string::npos ? "." : path.substr(0, slash + 1), O_PATH | O_DIRECTORY));
  const std::string name =
      fmt::format("/proc/self/fd/{}/{}", address.directory.value(), path.substr(slash + 1));
  if (name.size() >= sizeof address.name.sun_path) {
    return base::fail(base::ErrorClass::Invalid, fmt::format("socket name is too long: {}", path));
  }
  address.name.sun_family = AF_UNIX;
  std::memcpy(address.name.sun_path, name.c_str(), name.size() + 1);
  return address;
}

base::Result<UniqueFd> listen_at(const std::string& path, int type) {
  const Address address = TRY(make_address(path));
  UniqueFd listener(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.valid()) return failed("socket(AF_UNIX)");
  ::unlink(path.c_str());
  // The mode of the file comes from the socket's own: nobody else may connect, not even for a moment.
  ::fchmod(listener.value(), 0600);
  if (::bind(listener.value(), reinterpret_cast<const sockaddr*>(&address.name), sizeof address.name) != 0) {
    return failed(fmt::format("bind(\"{}\")", path));
  }
  if (::chmod(path.c_str(), 0600) != 0) return failed(fmt::format("chmod(\"{}\")", path));
  if (::listen(listener.value(), 64) != 0) return failed(fmt::format("listen(\"{}\")", path));
  return listener;
}

base::Result<UniqueFd> connect_to(const std::string& path, int type) {
  const Address address = TRY(make_address(path));
  UniqueFd socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return failed("socket(AF_UNIX)");
  while (::connect(socket.value(), reinterpret_cast<const sockaddr*>(&address.name), sizeof address.name) !=
         0) {
    if (errno != EINTR) return failed(fmt::format("connect(\"{}\")", path));
  }
  return socket;
}

}  // namespace

base::Result<std::pair<UniqueFd, UniqueFd>> message_socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return failed("socketpair");
  return std::pair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

base::Result<UniqueFd> listen_message_socket(const std::string& path) {
  return listen_at(path, SOCK_SEQPACKET);
}
base::Result<UniqueFd> connect_message_socket(const std::string& path) {
  return connect_to(path, SOCK_SEQPACKET);
}
base::Result<UniqueFd> listen_stream_socket(const std::string& path) { return listen_at(path, SOCK_STREAM); }
base::Result<UniqueFd> connect_stream_socket(const std::string& path) {
  return connect_to(path, SOCK_STREAM);
}

base::Result<std::optional<UniqueFd>> accept_connection(int listener) {
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0) return UniqueFd(fd);
  if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return std::nullopt;
  return failed("accept4");
}

base::Result<bool> send_message(int socket, std::span<const std::string_view> parts,
                                std::span<const int> fds) {
  std::array<iovec, 4> vectors{};
  if (parts.size() > vectors.size() || fds.size() > kMaxFds) {
    return base::fail(base::ErrorClass::Internal, "message has too many parts or descriptors");
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    vectors[i] = {const_cast<char*>(parts[i].data()), parts[i].size()};
  }
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxFds)> control{};
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = parts.size();
  if (!fds.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
  }
  while (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
    if (errno == EAGAIN) return false;
    if (errno != EINTR) return failed("sendmsg");
  }
  return true;
}

base::Result<bool> send_message(int socket, std::string_view message) {
  return send_message(socket, std::span(&message, 1));
}

bool peer_is_gone(int socket) {
  pollfd state{socket, 0, 0};
  return ::poll(&state, 1, 0) == 1 && (state.revents & POLLHUP) != 0;
}

base::Result<std::optional<ReceivedMessage>> receive_message(int socket, std::span<char> buffer) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxFds)> control{};
  iovec vector{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t size = 0;
  // That the peer went away without reading everything is told once, before what it has sent.
  bool told_of_reset = false;
  while ((size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0) {
    if (errno == EAGAIN) return std::nullopt;
    const bool again = errno == EINTR || (errno == ECONNRESET && !std::exchange(told_of_reset, true));
    if (!again) return failed("recvmsg");
  }
  ReceivedMessage received;
  received.size = static_cast<std::size_t>(size);
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
      received.fds.emplace_back(fd);
    }
  }
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    return base::fail(base::ErrorClass::Invalid, "a message is longer than its protocol allows");
  }
  return received;
}

}  // namespace sys
