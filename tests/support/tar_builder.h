// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "runtime/image/tar_writer.h"

namespace test {

/// Puts a tar together in memory. Every member belongs to root and dates from the year 2001 unless told.
class TarBuilder {
 public:
  static runtime::image::TarEntry entry(runtime::image::TarType type, std::string path, std::uint32_t mode) {
    runtime::image::TarEntry out;
    out.type = type;
    out.path = std::move(path);
    out.mode = mode;
    out.modified.tv_sec = 1'000'000'000;
    return out;
  }
  TarBuilder& folder(std::string path, std::uint32_t mode = 0755) {
    return add(entry(runtime::image::TarType::Folder, std::move(path), mode));
  }
  TarBuilder& file(std::string path, std::string_view content, std::uint32_t mode = 0644) {
    check(writer_.add_file(entry(runtime::image::TarType::File, std::move(path), mode), content));
    return *this;
  }
  TarBuilder& symlink(std::string path, std::string target) {
    auto out = entry(runtime::image::TarType::SymbolicLink, std::move(path), 0777);
    out.link_target = std::move(target);
    return add(out);
  }
  TarBuilder& hard_link(std::string path, std::string target) {
    auto out = entry(runtime::image::TarType::HardLink, std::move(path), 0644);
    out.link_target = std::move(target);
    return add(out);
  }
  /// Any member; files without content.
  TarBuilder& add(const runtime::image::TarEntry& member) {
    check(writer_.begin(member));
    return *this;
  }
  TarBuilder& add(const runtime::image::TarEntry& member, std::string_view content) {
    check(writer_.add_file(member, content));
    return *this;
  }
  std::string finish() {
    check(writer_.finish());
    return std::move(out_);
  }

 private:
  static void check(const base::Result<>& result) {
    if (!result) std::abort();
  }
  std::string out_;
  runtime::image::TarWriter writer_{[this](std::string_view data) -> base::Result<> {
    out_ += data;
    return {};
  }};
};

}  // namespace test
