// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "runtime/image/byte_source.h"
#include "runtime/image/sparse_map.h"
#include "runtime/image/tar_entry.h"

namespace runtime::image {

inline constexpr std::size_t kTarBlock = 512;
/// Where a header says what its member is.
inline constexpr std::size_t kTarTypeAt = 156;

/// Reads a tar as a stream: v7, ustar, GNU (long names, base-256 numbers) and pax, sparse files in the four
/// forms that GNU tar writes. Multi-volume and other GNU oddities are refused by name.
class TarReader {
 public:
  /// `input` must outlive it.
  explicit TarReader(ChunkSource& input, TarLimits limits = {}) : input_(input), limits_(limits) {}

  /// Everything of the archive that read() does not give goes to `recorder` too, and what it gives of sparse
  /// files; nullptr ends that.
  using Recorder = std::function<base::Result<>(std::string_view raw)>;
  void set_recorder(Recorder recorder) { recorder_ = std::move(recorder); }

  /// The next member, skipping what is left of the one before; nothing at the end. Invalid for a damaged
  /// archive or one above the limits.
  base::Result<std::optional<TarEntry>> next();
  /// Whether next() came upon a header with a right checksum, so that this is a tar, readable or not.
  bool saw_header() const { return saw_header_; }
  /// The next bytes of the current member's content, valid until the next call; empty at its end.
  base::Result<std::string_view> read();
  /// Passes over the hole of a sparse file that the content stands at, which read() gives as zeros: its
  /// bytes; 0 when there is none.
  std::int64_t skip_hole();
  /// The whole content of the current member; Invalid above `limit` bytes.
  base::Result<std::string> read_all(std::size_t limit);
  /// Bytes of the archive before the current member's unread content; of no use for a sparse one.
  std::int64_t position() const { return position_; }
  /// Reads the rest of the input, so that digests over it are complete.
  base::Result<> drain();

 private:
  using Fields = std::map<std::string, std::string, std::less<>>;
  using Block = std::array<char, kTarBlock>;

  base::Result<bool> read_block(Block& block);
  base::Result<std::string_view> take(std::int64_t most);
  base::Result<std::string_view> take_recorded(std::int64_t most);
  base::Result<> skip(std::int64_t count);
  base::Result<std::string> read_header_content(std::int64_t size);
  base::Result<bool> read_extension(char type, std::int64_t size);
  base::Result<TarEntry> make_entry(const Block& block);
  base::Result<> begin_content(const Block& block, TarEntry& entry);
  /// The size of the whole file, and its pieces in `parts_`; nothing when it is not sparse. `map_bytes` of
  /// what is stored were the map.
  base::Result<std::optional<std::int64_t>> read_sparse_map(const Block& block, std::int64_t stored,
                                                            std::int64_t& map_bytes);
  base::Result<> read_old_map(const Block& block, SparseMapReader& map);
  base::Result<std::int64_t> read_text_map(std::int64_t stored, SparseMapReader& map);
  /// How far the hole reaches that the content stands at.
  std::int64_t hole() const;
  base::Result<> apply_pax(TarEntry& entry, std::int64_t& size) const;
  base::Result<> check(const TarEntry& entry) const;

  ChunkSource& input_;
  TarLimits limits_;
  std::string_view chunk_;
  std::int64_t position_ = 0;
  Recorder recorder_;
  std::int64_t content_left_ = 0;  ///< Of the current member.
  std::int64_t stored_left_ = 0;   ///< The same, as far as the archive holds it.
  std::int64_t padding_left_ = 0;
  bool is_sparse_ = false;
  SparseMap
      parts_;  ///< Of a sparse member: those from `part_` on are unread, the first of them maybe in part.
  std::size_t part_ = 0;
  std::int64_t content_at_ = 0;  ///< Of a sparse member's content: where read() stands.
  std::int64_t entries_ = 0;
  bool saw_header_ = false;
  Fields global_, local_;  ///< pax records: for all members, for the next one.
  std::string long_name_, long_link_;
};

}  // namespace runtime::image
