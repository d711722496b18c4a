// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/tar_writer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include <fmt/format.h>

#include "runtime/image/tar_reader.h"
#include "sys/file.h"

namespace runtime::image {
namespace {

using Block = std::array<char, kTarBlock>;

char type_letter(TarType type) {
  switch (type) {
    case TarType::File: return '0';
    case TarType::HardLink: return '1';
    case TarType::SymbolicLink: return '2';
    case TarType::CharacterDevice: return '3';
    case TarType::BlockDevice: return '4';
    case TarType::Folder: return '5';
    case TarType::Fifo: return '6';
  }
  return '0';
}

void put_text(Block& block, std::size_t at, std::size_t size, std::string_view text) {
  std::memcpy(block.data() + at, text.data(), std::min(size, text.size()));
}

/// Octal with a closing NUL; 0 where it does not fit (pax holds it then).
void put_number(Block& block, std::size_t at, std::size_t size, std::int64_t value) {
  const std::int64_t most = (std::int64_t{1} << (3 * (size - 1))) - 1;
  put_text(block, at, size - 1, fmt::format("{:0{}o}", value < 0 || value > most ? 0 : value, size - 1));
}

bool fits(std::int64_t value, std::size_t size) {
  return value >= 0 && value < (std::int64_t{1} << (3 * (size - 1)));
}

/// Whether ustar can hold the path: 100 bytes, or prefix/name cut at a slash. Gives the cut.
bool split_path(std::string_view path, std::size_t& cut) {
  constexpr std::size_t kLongestName = 100, kLongestPrefix = 155;
  cut = 0;
  if (path.size() <= kLongestName) return true;
  // A trailing slash belongs to the name.
  for (std::size_t at = path.rfind('/', path.size() - 2); at != std::string_view::npos && at > 0;
       at = path.rfind('/', at - 1)) {
    if (path.size() - at - 1 > kLongestName) return false;
    if (at <= kLongestPrefix) {
      cut = at;
      return true;
    }
  }
  return false;
}

std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest;
  while (std::to_string(length).size() + rest != length) length = std::to_string(length).size() + rest;
  return fmt::format("{} {}={}\n", length, key, value);
}

std::string pax_time(timespec time) {
  if (time.tv_nsec == 0) return std::to_string(time.tv_sec);
  std::string digits = fmt::format("{:09}", time.tv_nsec);
  std::int64_t seconds = time.tv_sec;
  std::string sign;
  if (seconds < 0) {
    sign = "-";
    digits = fmt::format("{:09}", 1'000'000'000 - time.tv_nsec);
    seconds = -(seconds + 1);
  }
  digits.erase(digits.find_last_not_of('0') + 1);
  return fmt::format("{}{}.{}", sign, seconds, digits);
}

}  // namespace

base::Result<> TarWriter::write_header(const TarEntry& entry, char type, std::string_view path,
                                       std::string_view link, std::int64_t size) {
  Block block{};
  std::size_t cut = 0;
  if (!split_path(path, cut)) path = path.substr(0, 100);
  if (cut != 0) {
    put_text(block, 345, 155, path.substr(0, cut));
    path = path.substr(cut + 1);
  }
  put_text(block, 0, 100, path);
  put_number(block, 100, 8, entry.mode & 07777);
  put_number(block, 108, 8, entry.uid);
  put_number(block, 116, 8, entry.gid);
  put_number(block, 124, 12, size);
  put_number(block, 136, 12, entry.modified.tv_sec);
  put_text(block, 148, 8, "        ");
  block[156] = type;
  put_text(block, 157, 100, link);
  put_text(block, 257, 8, std::string_view("ustar\00000", 8));
  const bool device = entry.type == TarType::CharacterDevice || entry.type == TarType::BlockDevice;
  put_number(block, 329, 8, device ? entry.major : 0);
  put_number(block, 337, 8, device ? entry.minor : 0);
  std::int64_t sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put_text(block, 148, 8, std::string_view(fmt::format("{:06o}\0 ", sum)));
  block[154] = '\0';
  block[155] = ' ';
  return sink_(std::string_view(block.data(), block.size()));
}

ByteSink sink_to(int fd, const base::Cancellation& cancellation) {
  return [fd, cancellation](std::string_view data) -> base::Result<> {
    if (cancellation.requested())
      return base::fail(base::ErrorClass::Cancelled, "writing the archive was cancelled");
    return sys::write_all(fd, data);
  };
}

base::Result<> TarWriter::begin(const TarEntry& entry) {
  if (left_ != 0) return base::fail(base::ErrorClass::Internal, "tar: the member before is not complete");
  std::map<std::string, std::string> pax;
  std::size_t cut = 0;
  if (!split_path(entry.path, cut)) pax["path"] = entry.path;
  if (entry.link_target.size() > 100) pax["linkpath"] = entry.link_target;
  if (!fits(entry.uid, 8)) pax["uid"] = std::to_string(entry.uid);
  if (!fits(entry.gid, 8)) pax["gid"] = std::to_string(entry.gid);
  if (!fits(entry.size, 12)) pax["size"] = std::to_string(entry.size);
  if (entry.modified.tv_nsec != 0 || !fits(entry.modified.tv_sec, 12))
    pax["mtime"] = pax_time(entry.modified);
  for (const auto& [name, value] : entry.xattrs) pax["SCHILY.xattr." + name] = value;
  if (!pax.empty()) {
    std::string content;
    for (const auto& [key, value] : pax) content += pax_record(key, value);
    TarEntry header;
    header.mode = 0644;
    TRY(write_header(header, 'x', "PaxHeaders.0/entry", "", std::ssize(content)));
    content.resize((content.size() + kTarBlock - 1) / kTarBlock * kTarBlock, '\0');
    TRY(sink_(content));
  }
  const bool is_link = entry.type == TarType::HardLink || entry.type == TarType::SymbolicLink;
  const std::int64_t size = entry.type == TarType::File ? entry.size : 0;
  TRY(write_header(entry, type_letter(entry.type), entry.path, is_link ? entry.link_target : "", size));
  left_ = size;
  padding_ = (kTarBlock - size % kTarBlock) % kTarBlock;
  return {};
}

base::Result<> TarWriter::write(std::string_view content) {
  if (std::ssize(content) > left_)
    return base::fail(base::ErrorClass::Internal, "tar: more content than announced");
  left_ -= std::ssize(content);
  TRY(sink_(content));
  if (left_ != 0 || padding_ == 0) return {};
  static constexpr Block kZeros{};
  return sink_(std::string_view(kZeros.data(), static_cast<std::size_t>(std::exchange(padding_, 0))));
}

base::Result<> TarWriter::add_file(TarEntry entry, std::string_view content) {
  entry.type = TarType::File;
  entry.size = std::ssize(content);
  TRY(begin(entry));
  return content.empty() ? base::Result<>() : write(content);
}

base::Result<> TarWriter::finish() {
  if (left_ != 0) return base::fail(base::ErrorClass::Internal, "tar: the last member is not complete");
  static constexpr std::array<char, 2 * kTarBlock> kEnd{};
  return sink_(std::string_view(kEnd.data(), kEnd.size()));
}

}  // namespace runtime::image
