// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <string>
#include <string_view>

namespace test {

/// One header block as a hostile writer would make it: any bytes in any field, the checksum right.
struct RawHeader {
  std::string name = "x";
  char type = '0';
  std::string size = "00000000000";
  std::string link;
  std::string uid = "0000000", mode = "0000644", major = "0000000";

  std::string block() const {
    std::string out(512, '\0');
    const auto put = [&](std::size_t at, const std::string& text) {
      std::memcpy(out.data() + at, text.data(), text.size());
    };
    put(0, name);
    put(100, mode);
    put(108, uid);
    put(116, "0000000");
    put(124, size);
    put(136, "00000000000");
    put(148, "        ");
    out[156] = type;
    put(157, link);
    put(257, std::string("ustar\00000", 8));
    put(329, major);
    unsigned sum = 0;
    for (const char c : out) sum += static_cast<unsigned char>(c);
    char text[8];
    std::snprintf(text, sizeof text, "%06o", sum);
    put(148, std::string(text, 7));
    return out;
  }
};

/// `content` filled up to whole blocks.
inline std::string padded(std::string content) {
  content.resize((content.size() + 511) / 512 * 512, '\0');
  return content;
}

/// A pax header with these records, as they are.
inline std::string pax_header(const std::string& records) {
  RawHeader header;
  header.type = 'x';
  char size[16];
  std::snprintf(size, sizeof size, "%011zo", records.size());
  header.size = size;
  return header.block() + padded(records);
}

inline std::string pax_record(const std::string& key, const std::string& value) {
  std::string rest = " " + key + "=" + value + "\n";
  std::size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) ++length;
  return std::to_string(length) + rest;
}

inline std::string end_of_tar() { return std::string(1024, '\0'); }

}  // namespace test
