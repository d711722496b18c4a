// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/copy_memory.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace runtime::build {
namespace {

constexpr std::string_view kMagic = "copy1\n";
/// Longest step of the clock that change times are taken from (CONFIG_HZ=100), doubled.
constexpr std::int64_t kClockTickNs = 20'000'000;
constexpr std::size_t kDigestSize = 64;

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, sizeof number> bytes;
  std::memcpy(bytes.data(), &number, sizeof number);
  out.append(bytes.data(), bytes.size());
}

void append_text(std::string& out, std::string_view text) {
  append_number(out, text.size());
  out += text;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    if (rest_.size() < sizeof value) {
      broken_ = true;
      return 0;
    }
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  std::string text() {
    const std::uint64_t size = number();
    if (broken_ || size > rest_.size()) {
      broken_ = true;
      return {};
    }
    std::string out(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return out;
  }
  bool broken() const { return broken_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool broken_ = false;
};

}  // namespace

const SourceEntry* CopyMemory::find(std::string_view path) const {
  const auto found =
      std::lower_bound(entries.begin(), entries.end(), path,
                       [](const SourceEntry& entry, std::string_view wanted) { return entry.path < wanted; });
  return found == entries.end() || found->path != path ? nullptr : &*found;
}

CopyMemory make_memory(const std::vector<ScannedSource>& sources, std::int64_t scanned_ns) {
  CopyMemory memory;
  for (const ScannedSource& source : sources) {
    for (const SourceEntry& entry : source.entries) {
      if (!entry.facts.is_file()) continue;
      memory.entries.push_back(entry);
      if (entry.facts.changed_ns > scanned_ns - kClockTickNs) memory.entries.back().digest.clear();
    }
  }
  std::sort(memory.entries.begin(), memory.entries.end(),
            [](const SourceEntry& a, const SourceEntry& b) { return a.path < b.path; });
  return memory;
}

bool recall_digests(const CopyMemory& memory, std::vector<ScannedSource>& sources) {
  bool complete = true;
  for (ScannedSource& source : sources) {
    for (SourceEntry& entry : source.entries) {
      if (!entry.facts.is_file() || !entry.digest.empty()) continue;
      const SourceEntry* old = memory.find(entry.path);
      if (old != nullptr && old->facts.same_version(entry.facts)) entry.digest = old->digest;
      complete = complete && !entry.digest.empty();
    }
  }
  return complete;
}

std::string encode(const CopyMemory& memory) {
  std::string out(kMagic);
  append_text(out, memory.layer);
  append_number(out, memory.entries.size());
  for (const SourceEntry& entry : memory.entries) {
    append_text(out, entry.path);
    append_text(out, entry.digest);
    const FileFacts& facts = entry.facts;
    for (const std::uint64_t number :
         {static_cast<std::uint64_t>(facts.mode), static_cast<std::uint64_t>(facts.size),
          static_cast<std::uint64_t>(facts.modified_ns), static_cast<std::uint64_t>(facts.changed_ns),
          facts.device, facts.inode}) {
      append_number(out, number);
    }
  }
  return out;
}

std::optional<CopyMemory> decode_copy_memory(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return std::nullopt;
  Reader reader(bytes.substr(kMagic.size()));
  CopyMemory memory{.layer = reader.text(), .entries = {}};
  const std::uint64_t count = reader.number();
  if (count > bytes.size()) return std::nullopt;
  memory.entries.reserve(count);
  for (std::uint64_t i = 0; i < count && !reader.broken(); ++i) {
    SourceEntry& entry = memory.entries.emplace_back();
    entry.path = reader.text();
    entry.digest = reader.text();
    entry.facts.mode = static_cast<std::uint32_t>(reader.number());
    entry.facts.size = static_cast<std::int64_t>(reader.number());
    entry.facts.modified_ns = static_cast<std::int64_t>(reader.number());
    entry.facts.changed_ns = static_cast<std::int64_t>(reader.number());
    entry.facts.device = reader.number();
    entry.facts.inode = reader.number();
    if (!entry.digest.empty() && entry.digest.size() != kDigestSize) return std::nullopt;
  }
  if (reader.broken() || !reader.at_end()) return std::nullopt;
  return memory;
}

}  // namespace runtime::build
