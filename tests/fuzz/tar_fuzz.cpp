// SPDX-License-Identifier: Apache-2.0
// The tar reader behind every decoder: whatever comes in, it ends with members or an error.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "runtime/image/decompress.h"
#include "runtime/image/layer_unpacker.h"
#include "runtime/image/tar_reader.h"

using namespace runtime::image;

namespace {

void read_members(ChunkSource& chunks, const TarLimits& limits) {
  TarReader reader(chunks, limits);
  std::size_t entries = 0;
  while (true) {
    const auto entry = reader.next();
    if (!entry || !*entry) return;
    const TarEntry& member = **entry;
    if (member.path.empty() || member.path.size() > limits.path || member.size < 0) std::abort();
    const auto path = clean_member_path(member.path);
    if (path && ("/" + *path + "/").find("/../") != std::string::npos) std::abort();
    std::int64_t got = 0;
    for (bool skip = entries % 2 == 0;; skip = !skip) {
      if (skip) got += reader.skip_hole();
      const auto piece = reader.read();
      if (!piece) return;
      if (piece->empty()) break;
      got += std::ssize(*piece);
    }
    if (got != member.size) std::abort();
    ++entries;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  TarLimits limits;
  limits.header = 4096;
  limits.sparse_size = 1 << 20;
  limits.sparse_parts = 100;
  MemoryChunks plain(input, 100);
  read_members(plain, limits);
  MemoryChunks packed(input, 1000);
  SniffedChunks sniffed(packed);
  const auto compression = sniffed.sniff();
  if (!compression || *compression == Compression::None) return 0;
  const auto decoder = make_decompressor(*compression, sniffed, {100, 1 << 20});
  if (!decoder) return 0;
  BufferedChunks chunks(**decoder);
  read_members(chunks, limits);
  return 0;
}
