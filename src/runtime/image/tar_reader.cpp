// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/tar_reader.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/image/tar_numbers.h"

namespace runtime::image {
namespace {

constexpr std::string_view kXattrPrefix = "SCHILY.xattr.";

/// Where a field stands in the header block. POSIX.1-2017, pax, "ustar Interchange Format".
struct Field {
  std::size_t at, size;
};
constexpr Field kName{0, 100}, kMode{100, 8}, kUid{108, 8}, kGid{116, 8}, kSize{124, 12}, kTime{136, 12},
    kChecksum{148, 8}, kLinkName{157, 100}, kMagic{257, 6}, kMajor{329, 8}, kMinor{337, 8}, kPrefix{345, 155};

std::string_view field(const std::array<char, kTarBlock>& block, Field where) {
  return std::string_view(block.data() + where.at, where.size);
}

std::string_view text_field(const std::array<char, kTarBlock>& block, Field where) {
  const std::string_view all = field(block, where);
  return all.substr(0, all.find('\0'));
}

tl::unexpected<base::Error> invalid(std::string message) {
  return base::fail(base::ErrorClass::Invalid, "tar: " + std::move(message));
}

/// For messages: hostile names shortened, without control characters.
std::string shown(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 120)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  if (name.size() > 120) out += "...";
  return out;
}

bool checksum_matches(const std::array<char, kTarBlock>& block) {
  const auto stored = parse_tar_number(field(block, kChecksum));
  std::int64_t plain = 0, with_sign = 0;  // Old writers summed signed bytes.
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool own = i >= kChecksum.at && i < kChecksum.at + kChecksum.size;
    const char c = own ? ' ' : block[i];
    plain += static_cast<unsigned char>(c);
    with_sign += static_cast<signed char>(c);
  }
  return stored && (*stored == plain || *stored == with_sign);
}

base::Result<TarType> to_type(char c, std::string_view path) {
  switch (c) {
    case '0':
    case '\0':
    case '7':
    case 'S': return path.ends_with('/') && c == '\0' ? TarType::Folder : TarType::File;
    case '1': return TarType::HardLink;
    case '2': return TarType::SymbolicLink;
    case '3': return TarType::CharacterDevice;
    case '4': return TarType::BlockDevice;
    case '5': return TarType::Folder;
    case '6': return TarType::Fifo;
    default:
      return invalid(fmt::format("\"{}\" has the unsupported type 0x{:02x}", shown(path),
                                 static_cast<unsigned char>(c)));
  }
}

/// uid and gid: an id above 2^32-2 would wrap to somebody else's.
base::Result<std::uint32_t> to_id(std::optional<std::int64_t> value, std::string_view what,
                                  std::string_view path) {
  if (!value || *value < 0 || *value > 0xfffffffe) {
    return invalid(fmt::format("\"{}\" has a {} out of range", shown(path), what));
  }
  return static_cast<std::uint32_t>(*value);
}

}  // namespace

base::Result<std::string_view> TarReader::take(std::int64_t most) {
  if (chunk_.empty()) chunk_ = TRY(input_.next());
  const std::string_view out = chunk_.substr(0, static_cast<std::size_t>(most));
  chunk_.remove_prefix(out.size());
  position_ += std::ssize(out);
  return out;
}

base::Result<std::string_view> TarReader::take_recorded(std::int64_t most) {
  const std::string_view out = TRY(take(most));
  if (recorder_) TRY(recorder_(out));
  return out;
}

base::Result<> TarReader::skip(std::int64_t count) {
  if (!recorder_ && count > std::ssize(chunk_) && input_.skip(count - std::ssize(chunk_))) {
    chunk_ = {};
    position_ += count;
    return {};
  }
  while (count > 0) {
    const std::string_view data = TRY(take_recorded(count));
    if (data.empty()) return invalid("the archive ends inside a member");
    count -= std::ssize(data);
  }
  return {};
}

base::Result<bool> TarReader::read_block(Block& block) {
  std::size_t filled = 0;
  while (filled < block.size()) {
    const std::string_view data = TRY(take_recorded(static_cast<std::int64_t>(block.size() - filled)));
    if (data.empty()) {
      if (filled == 0) return false;
      return invalid("the archive ends inside a header");
    }
    std::memcpy(block.data() + filled, data.data(), data.size());
    filled += data.size();
  }
  return true;
}

base::Result<std::optional<TarEntry>> TarReader::next() {
  TRY(skip(stored_left_ + padding_left_));
  content_left_ = stored_left_ = padding_left_ = 0;
  local_.clear();
  long_name_.clear();
  long_link_.clear();
  std::int64_t extensions = 0;
  while (true) {
    Block block;
    if (!TRY(read_block(block))) return std::optional<TarEntry>();
    if (std::all_of(block.begin(), block.end(), [](char c) { return c == '\0'; }))
      return std::optional<TarEntry>();
    if (!checksum_matches(block))
      return invalid("a header has a wrong checksum; this is no tar, or a damaged one");
    saw_header_ = true;
    const auto size = parse_tar_number(field(block, kSize));
    if (!size || *size < 0)
      return invalid(fmt::format("\"{}\" has a malformed size", shown(text_field(block, kName))));
    if (TRY(read_extension(block[kTarTypeAt], *size))) {
      constexpr std::int64_t kMostExtensions = 8;
      if (++extensions > kMostExtensions) return invalid("more than 8 extension headers before one member");
      continue;
    }
    if (++entries_ > limits_.entries) return invalid(fmt::format("more than {} members", limits_.entries));
    TarEntry entry = TRY(make_entry(block));
    TRY_WHILE(begin_content(block, entry), fmt::format("reading \"{}\"", shown(entry.path)));
    return std::optional<TarEntry>(std::move(entry));
  }
}

base::Result<> TarReader::begin_content(const Block& block, TarEntry& entry) {
  std::int64_t map_bytes = 0;
  is_sparse_ = false;
  if (entry.type == TarType::File) {
    const std::int64_t stored = entry.size;
    const auto whole = TRY(read_sparse_map(block, stored, map_bytes));
    if (whole) entry.size = *whole;
    entry.is_sparse = is_sparse_ = whole.has_value();
    stored_left_ = stored - map_bytes;
    padding_left_ = (kTarBlock - stored % kTarBlock) % kTarBlock;
  }
  content_left_ = entry.size;
  part_ = 0;
  content_at_ = 0;
  return {};
}

base::Result<std::string> TarReader::read_header_content(std::int64_t size) {
  if (size > static_cast<std::int64_t>(limits_.header)) {
    return invalid(
        fmt::format("an extension header of {} bytes is above the limit of {}", size, limits_.header));
  }
  std::string out;
  while (std::ssize(out) < size) {
    const std::string_view data = TRY(take_recorded(size - std::ssize(out)));
    if (data.empty()) return invalid("the archive ends inside an extension header");
    out += data;
  }
  TRY(skip((kTarBlock - size % kTarBlock) % kTarBlock));
  return out;
}

namespace {

/// "<length> <key>=<value>\n", repeated; the length counts the whole record.
base::Result<> parse_pax_records(std::string_view text,
                                 std::map<std::string, std::string, std::less<>>& out) {
  while (!text.empty()) {
    const auto blank = text.find(' ');
    const auto length =
        blank == std::string_view::npos ? std::nullopt : parse_pax_number(text.substr(0, blank));
    if (!length || *length < static_cast<std::int64_t>(blank) + 3 || *length > std::ssize(text) ||
        text[static_cast<std::size_t>(*length) - 1] != '\n') {
      return invalid("a pax header is malformed");
    }
    const auto size = static_cast<std::size_t>(*length);
    const std::string_view record = text.substr(blank + 1, size - blank - 2);
    const auto equals = record.find('=');
    if (equals == std::string_view::npos || equals == 0) return invalid("a pax header is malformed");
    const std::string_view key = record.substr(0, equals), value = record.substr(equals + 1);
    const bool is_text = !key.starts_with(kXattrPrefix);
    if (is_text && value.find('\0') != std::string_view::npos) return invalid("a pax value holds a NUL");
    // The oldest form has a record for each number, all of the same two names.
    if (key == "GNU.sparse.offset" || key == "GNU.sparse.numbytes") {
      std::string& list = out["GNU.sparse.map"];
      list += fmt::format("{}{}", list.empty() ? "" : ",", value);
    } else if (value.empty() && is_text) {  // An empty value takes the record back.
      out.erase(std::string(key));
    } else {
      out.insert_or_assign(std::string(key), std::string(value));
    }
    text.remove_prefix(size);
  }
  return {};
}

}  // namespace

base::Result<bool> TarReader::read_extension(char type, std::int64_t size) {
  if (type != 'x' && type != 'g' && type != 'L' && type != 'K') return false;
  std::string content = TRY(read_header_content(size));
  if (type == 'x' || type == 'g') {
    TRY(parse_pax_records(content, type == 'x' ? local_ : global_));
  } else {
    content.resize(std::min(content.find('\0'), content.size()));
    (type == 'L' ? long_name_ : long_link_) = std::move(content);
  }
  return true;
}

base::Result<TarEntry> TarReader::make_entry(const Block& block) {
  TarEntry entry;
  entry.path = text_field(block, kName);
  entry.link_target = text_field(block, kLinkName);
  const bool posix = field(block, kMagic) == std::string_view("ustar\0", 6);
  const std::string_view prefix = posix ? text_field(block, kPrefix) : std::string_view();
  if (!prefix.empty()) entry.path = fmt::format("{}/{}", prefix, entry.path);
  if (!long_name_.empty()) entry.path = long_name_;
  if (!long_link_.empty()) entry.link_target = long_link_;
  const auto mode = parse_tar_number(field(block, kMode));
  const auto time = parse_tar_number(field(block, kTime));
  if (!mode || !time) return invalid(fmt::format("\"{}\" has a malformed mode or time", shown(entry.path)));
  entry.mode = static_cast<std::uint32_t>(*mode) & 07777;
  entry.modified.tv_sec = *time;
  entry.uid = TRY(to_id(parse_tar_number(field(block, kUid)), "uid", entry.path));
  entry.gid = TRY(to_id(parse_tar_number(field(block, kGid)), "gid", entry.path));
  std::int64_t size = parse_tar_number(field(block, kSize)).value_or(0);
  TRY(apply_pax(entry, size));
  entry.type = TRY(to_type(block[kTarTypeAt], entry.path));
  constexpr std::int64_t kLargestFile = std::int64_t{1} << 60;
  if (size > kLargestFile) return invalid(fmt::format("\"{}\" is too large", shown(entry.path)));
  if (entry.type == TarType::File) entry.size = size;
  if (entry.type == TarType::CharacterDevice || entry.type == TarType::BlockDevice) {
    const auto major = parse_tar_number(field(block, kMajor)), minor = parse_tar_number(field(block, kMinor));
    constexpr std::int64_t kMostMajor = 0xfff, kMostMinor = 0xfffff;
    if (!major || !minor || *major < 0 || *minor < 0 || *major > kMostMajor || *minor > kMostMinor) {
      return invalid(fmt::format("\"{}\" has a device number out of range", shown(entry.path)));
    }
    entry.major = static_cast<std::uint32_t>(*major);
    entry.minor = static_cast<std::uint32_t>(*minor);
  }
  TRY(check(entry));
  return entry;
}

base::Result<> TarReader::apply_pax(TarEntry& entry, std::int64_t& size) const {
  Fields merged = global_;
  for (const auto& [key, value] : local_) merged.insert_or_assign(key, value);
  for (const auto& [key, value] : merged) {
    if (key == "path" && !merged.contains("GNU.sparse.name")) entry.path = value;
    if (key == "GNU.sparse.name") entry.path = value;
    if (key == "linkpath") entry.link_target = value;
    if (key == "uid") entry.uid = TRY(to_id(parse_pax_number(value), "uid", entry.path));
    if (key == "gid") entry.gid = TRY(to_id(parse_pax_number(value), "gid", entry.path));
    if (key == "size") {
      const auto parsed = parse_pax_number(value);
      if (!parsed || *parsed < 0)
        return invalid(fmt::format("\"{}\" has a malformed size", shown(entry.path)));
      size = *parsed;
    }
    if (key == "mtime") {
      const auto parsed = parse_pax_time(value);
      if (!parsed) return invalid(fmt::format("\"{}\" has a malformed time", shown(entry.path)));
      entry.modified = *parsed;
    }
    if (key.starts_with(kXattrPrefix)) entry.xattrs.emplace_back(key.substr(kXattrPrefix.size()), value);
  }
  return {};
}

base::Result<> TarReader::check(const TarEntry& entry) const {
  if (entry.path.empty()) return invalid("a member has no name");
  if (entry.path.size() > limits_.path || entry.link_target.size() > limits_.path) {
    return invalid(fmt::format("\"{}\" has a path of more than {} bytes", shown(entry.path), limits_.path));
  }
  const bool is_link = entry.type == TarType::HardLink || entry.type == TarType::SymbolicLink;
  if (is_link && entry.link_target.empty())
    return invalid(fmt::format("the link \"{}\" has no target", shown(entry.path)));
  if (entry.xattrs.size() > limits_.xattrs) {
    return invalid(
        fmt::format("\"{}\" has more than {} extended attributes", shown(entry.path), limits_.xattrs));
  }
  for (const auto& [name, value] : entry.xattrs) {
    constexpr std::size_t kLongestXattrName = 255;
    if (name.empty() || name.size() > kLongestXattrName || value.size() > limits_.xattr_value) {
      return invalid(fmt::format("\"{}\" has an extended attribute above the limits", shown(entry.path)));
    }
  }
  return {};
}

std::int64_t TarReader::hole() const {
  if (!is_sparse_) return 0;
  return part_ < parts_.size() ? std::max<std::int64_t>(0, parts_[part_].offset - content_at_)
                               : content_left_;
}

std::int64_t TarReader::skip_hole() {
  const std::int64_t count = hole();
  content_at_ += count;
  content_left_ -= count;
  return count;
}

base::Result<std::string_view> TarReader::read() {
  if (content_left_ == 0) return std::string_view();
  if (const std::int64_t zeros = hole(); zeros > 0) {
    static constexpr std::array<char, 64 * 1024> kZeros{};
    const std::int64_t count = std::min(zeros, std::ssize(kZeros));
    content_at_ += count;
    content_left_ -= count;
    return std::string_view(kZeros.data(), static_cast<std::size_t>(count));
  }
  const std::string_view data =
      is_sparse_ ? TRY(take_recorded(parts_[part_].offset + parts_[part_].length - content_at_))
                 : TRY(take(content_left_));
  if (data.empty()) return invalid("the archive ends inside a member");
  content_left_ -= std::ssize(data);
  stored_left_ -= std::ssize(data);
  content_at_ += std::ssize(data);
  if (is_sparse_ && content_at_ == parts_[part_].offset + parts_[part_].length) ++part_;
  return data;
}

base::Result<std::string> TarReader::read_all(std::size_t limit) {
  if (content_left_ > static_cast<std::int64_t>(limit)) {
    return invalid(fmt::format("a member of {} bytes is above the limit of {}", content_left_, limit));
  }
  std::string out;
  out.reserve(static_cast<std::size_t>(content_left_));
  while (true) {
    const std::string_view data = TRY(read());
    if (data.empty()) return out;
    out += data;
  }
}

base::Result<> TarReader::drain() {
  content_left_ = stored_left_ = padding_left_ = 0;
  while (!TRY(take_recorded(INT64_MAX)).empty()) {
  }
  return {};
}

}  // namespace runtime::image
