// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/copy_memory.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "sys/sha256.h"

namespace runtime::build {
namespace {

constexpr std::string_view kMagic = "copy5\n";
/// Longest step of the clock that change times are taken from (CONFIG_HZ=100), doubled.
constexpr std::int64_t kClockTickNs = 20'000'000;
/// The same for file systems that keep whole seconds, or two of them.
constexpr std::int64_t kCoarseTickNs = 2'000'000'000;
constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::size_t kDigestSize = 64;

bool is_unsettled(const FileFacts& facts, std::int64_t looked_ns) {
  const bool whole_second = facts.changed_ns % kSecondNs == 0;
  return facts.changed_ns > looked_ns - (whole_second ? kCoarseTickNs : kClockTickNs);
}

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
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool broken_ = false;
};

/// All of it that a change can show in: the change time alone would do, were clocks never set.
void append_facts(std::string& out, const FileFacts& facts) {
  for (const std::uint64_t number :
       {static_cast<std::uint64_t>(facts.mode), static_cast<std::uint64_t>(facts.size),
        static_cast<std::uint64_t>(facts.modified_ns), static_cast<std::uint64_t>(facts.changed_ns),
        facts.device, facts.inode, facts.special_device}) {
    append_number(out, number);
  }
}

void read_facts(Reader& reader, FileFacts& facts) {
  facts.mode = static_cast<std::uint32_t>(reader.number());
  facts.size = static_cast<std::int64_t>(reader.number());
  facts.modified_ns = static_cast<std::int64_t>(reader.number());
  facts.changed_ns = static_cast<std::int64_t>(reader.number());
  facts.device = reader.number();
  facts.inode = reader.number();
  facts.special_device = reader.number();
}

struct Head {
  CopySummary summary;
  std::string files_digest;
  std::string_view files;  ///< What follows.
};

std::optional<Head> decode_head(std::string_view bytes) {
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + kDigestSize) return std::nullopt;
  const std::string_view digest = bytes.substr(kMagic.size(), kDigestSize);
  bytes.remove_prefix(kMagic.size() + kDigestSize);
  Reader reader(bytes);
  Head head;
  head.summary.fingerprint = reader.text();
  head.summary.checksum = reader.text();
  head.summary.layer = reader.text();
  head.summary.below = reader.text();
  head.summary.place = reader.text();
  head.files_digest = reader.text();
  head.files = reader.rest();
  if (reader.broken()) return std::nullopt;
  if (sys::sha256_hex(bytes.substr(0, bytes.size() - head.files.size())) != digest) return std::nullopt;
  return head;
}

}  // namespace

const SourceEntry* CopyMemory::find(std::string_view path) const {
  const auto found =
      std::lower_bound(entries.begin(), entries.end(), path,
                       [](const SourceEntry& entry, std::string_view wanted) { return entry.path < wanted; });
  return found == entries.end() || found->path != path ? nullptr : &*found;
}

void mark_unsettled(std::vector<ScannedSource>& sources, std::int64_t looked_ns) {
  for (ScannedSource& source : sources) {
    for (SourceEntry& entry : source.entries) {
      entry.unsettled = entry.facts.is_file() && is_unsettled(entry.facts, looked_ns);
    }
  }
}

std::string fingerprint(const std::vector<ScannedSource>& sources) {
  sys::Sha256 hash;
  std::string piece;
  const auto add = [&](const SourceEntry& entry) {
    append_text(piece, entry.path);
    append_text(piece, entry.link_target);
    append_facts(piece, entry.facts);
  };
  constexpr std::size_t kPiece = 64 << 10;
  for (const ScannedSource& source : sources) {
    append_text(piece, source.name);
    append_text(piece, source.path);
    append_number(piece, source.parents.size());
    for (const SourceEntry& parent : source.parents) add(parent);
    append_number(piece, source.entries.size());
    for (const SourceEntry& entry : source.entries) {
      add(entry);
      if (piece.size() < kPiece) continue;
      hash.update(piece);
      piece.clear();
    }
  }
  hash.update(piece);
  return hash.finish_hex();
}

CopyMemory make_memory(const std::vector<ScannedSource>& sources) {
  CopyMemory memory;
  bool settled = true;
  for (const ScannedSource& source : sources) {
    for (const SourceEntry& entry : source.entries) {
      memory.entries.push_back(entry);
      if (!entry.unsettled) continue;
      memory.entries.back().digest.clear();
      settled = false;
    }
  }
  std::sort(memory.entries.begin(), memory.entries.end(),
            [](const SourceEntry& a, const SourceEntry& b) { return a.path < b.path; });
  if (settled) memory.summary.fingerprint = fingerprint(sources);
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
  std::string files;
  append_number(files, memory.entries.size());
  for (const SourceEntry& entry : memory.entries) {
    append_text(files, entry.path);
    append_text(files, entry.digest);
    append_facts(files, entry.facts);
  }
  std::string head;
  append_text(head, memory.summary.fingerprint);
  append_text(head, memory.summary.checksum);
  append_text(head, memory.summary.layer);
  append_text(head, memory.summary.below);
  append_text(head, memory.summary.place);
  append_text(head, sys::sha256_hex(files));
  return fmt::format("{}{}{}{}", kMagic, sys::sha256_hex(head), head, files);
}

std::optional<CopySummary> decode_copy_summary(std::string_view bytes) {
  const auto head = decode_head(bytes);
  return head ? std::optional(head->summary) : std::nullopt;
}

std::optional<CopyMemory> decode_copy_memory(std::string_view bytes) {
  const auto head = decode_head(bytes);
  if (!head || sys::sha256_hex(head->files) != head->files_digest) return std::nullopt;
  Reader reader(head->files);
  CopyMemory memory{.summary = head->summary, .entries = {}};
  const std::uint64_t count = reader.number();
  if (count > head->files.size()) return std::nullopt;
  memory.entries.reserve(count);
  for (std::uint64_t i = 0; i < count && !reader.broken(); ++i) {
    SourceEntry& entry = memory.entries.emplace_back();
    entry.path = reader.text();
    entry.digest = reader.text();
    read_facts(reader, entry.facts);
    if (!entry.digest.empty() && entry.digest.size() != kDigestSize) return std::nullopt;
  }
  if (reader.broken() || !reader.rest().empty()) return std::nullopt;
  return memory;
}

}  // namespace runtime::build
