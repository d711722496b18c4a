// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

namespace sys {

/// Two connected ends that keep message boundaries (SOCK_SEQPACKET).
base::Result<std::pair<UniqueFd, UniqueFd>> message_socket_pair();

/// Listens for message connections on a socket file of mode 0600, replacing one that is there. The path
/// may be longer than the 107 bytes an address holds. Connections are non-blocking.
base::Result<UniqueFd> listen_message_socket(const std::string& path);
/// NotFound without a socket file, Unavailable when nobody listens on it.
base::Result<UniqueFd> connect_message_socket(const std::string& path);
/// The same for streams of bytes.
base::Result<UniqueFd> listen_stream_socket(const std::string& path);
base::Result<UniqueFd> connect_stream_socket(const std::string& path);
/// The next connection, non-blocking; none when there is none now.
base::Result<std::optional<UniqueFd>> accept_connection(int listener);

/// Sends one message made of `parts`, with copies of the descriptors `fds` (at most 8). False when the
/// socket is non-blocking and full. Never raises SIGPIPE.
base::Result<bool> send_message(int socket, std::span<const std::string_view> parts,
                                std::span<const int> fds = {});
base::Result<bool> send_message(int socket, std::string_view message);

struct ReceivedMessage {
  std::size_t size = 0;  ///< 0: the peer has closed (empty messages are never sent).
  std::vector<UniqueFd> fds;
};
/// The other end has been closed by everyone who had it.
bool peer_is_gone(int socket);
/// One message into `buffer`; Invalid when it is longer. None when the socket is non-blocking and empty.
base::Result<std::optional<ReceivedMessage>> receive_message(int socket, std::span<char> buffer);

}  // namespace sys
