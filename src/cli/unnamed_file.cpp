// SPDX-License-Identifier: Apache-2.0
#include "cli/unnamed_file.h"

#include <fcntl.h>

#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "base/address_text.h"
#include "runtime/registry/http_transport.h"
#include "sys/file.h"

namespace cli {
namespace {

base::Result<sys::UniqueFd> make_file() {
  std::error_code none;
  const auto folder = std::filesystem::temp_directory_path(none);
  return sys::make_unnamed_file(none ? "/tmp" : folder.string());
}

/// Another descriptor of the file, which stands at its start.
base::Result<sys::UniqueFd> reopen(const sys::UniqueFd& file) {
  return sys::open_file(fmt::format("/proc/self/fd/{}", file.value()), O_RDONLY);
}

}  // namespace

base::Result<sys::UniqueFd> spool_unnamed(int from) {
  const sys::UniqueFd file = TRY(make_file());
  std::vector<char> room(1u << 20);
  while (const std::size_t count = TRY(sys::read_some(from, room)))
    TRY(sys::write_all(file.value(), {room.data(), count}));
  return reopen(file);
}

base::Result<sys::UniqueFd> download_unnamed(const std::string& url, const base::Cancellation& cancellation) {
  namespace registry = runtime::registry;
  const sys::UniqueFd file = TRY(make_file());
  registry::HttpTransport transport(
      [](const std::string&) { return registry::TlsSettings{.unencrypted = true}; });
  const registry::BodySink sink = [&](const registry::HttpResponse&, std::string_view data) {
    return sys::write_all(file.value(), data);
  };
  const auto answer = TRY(transport.perform({.url = url}, sink, cancellation));
  if (answer.status < 200 || answer.status > 299) {
    return base::fail(base::ErrorClass::Unavailable, fmt::format("{}: the server answers with status {}",
                                                                 base::hide_secrets(url), answer.status));
  }
  return reopen(file);
}

}  // namespace cli
