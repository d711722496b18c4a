// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/mounted_source.h"

#include <fcntl.h>

#include <algorithm>

#include "base/clock.h"
#include "runtime/build/build_job.h"
#include "runtime/build/copy_memory.h"
#include "sys/path_at.h"

namespace runtime::build {
namespace {

base::Result<std::vector<ScannedSource>> scan(const SourceTree& tree, const std::string& source) {
  ScanOptions options;
  options.wildcards = false;
  return scan_source(tree, source, options);
}

bool has_digest(const SourceTree& tree, const SourceEntry& entry) {
  const auto fd =
      sys::open_beneath(tree.tree.layer_fd(entry.layer), entry.path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  if (!fd) return false;
  const auto digest = content_digest(fd->value(), entry.path, tree.owners);
  return digest && *digest == entry.digest;
}

std::optional<sys::Ownership> common_owner(const std::vector<ScannedSource>& scanned) {
  const FileFacts& first = scanned.front().entries.front().facts;
  for (const ScannedSource& source : scanned) {
    for (const SourceEntry& entry : source.entries) {
      if (entry.facts.uid != first.uid || entry.facts.gid != first.gid) return std::nullopt;
    }
  }
  return sys::Ownership{first.uid, first.gid};
}

}  // namespace

base::Result<SeenSource> look_at_source(const SourceTree& tree, const std::string& source,
                                        BuildCache& cache) {
  const std::int64_t scanned_ns = base::now_ns();
  auto scanned = TRY(scan(tree, source));
  const std::string slot = tree.identity.empty() ? "" : make_key({"mount", tree.identity, source});
  const auto bytes = slot.empty() ? std::nullopt : cache.find_memory(slot);
  const auto summary = bytes ? decode_copy_summary(*bytes) : std::nullopt;
  if (summary && !summary->fingerprint.empty() && summary->fingerprint == fingerprint(scanned))
    return SeenSource{.checksum = summary->checksum,
                      .fingerprint = summary->fingerprint,
                      .unsettled = {},
                      .owner = common_owner(scanned)};
  const auto memory = bytes ? decode_copy_memory(*bytes) : std::nullopt;
  if (!memory || !recall_digests(*memory, scanned)) TRY(hash_entries(tree, scanned));
  mark_unsettled(scanned, scanned_ns);
  SeenSource seen{.checksum = checksum(scanned, tree.owners),
                  .fingerprint = {},
                  .unsettled = {},
                  .owner = common_owner(scanned)};
  if (slot.empty()) return seen;
  CopyMemory now = make_memory(scanned);
  now.summary.checksum = seen.checksum;
  TRY(cache.record_memory(slot, now));
  seen.fingerprint = now.summary.fingerprint.empty() ? fingerprint(scanned) : now.summary.fingerprint;
  for (const ScannedSource& one : scanned) {
    std::copy_if(one.entries.begin(), one.entries.end(), std::back_inserter(seen.unsettled),
                 [](const SourceEntry& entry) { return entry.unsettled; });
  }
  return seen;
}

bool is_unchanged(const SourceTree& tree, const std::string& source, const SeenSource& seen) {
  if (tree.identity.empty()) return true;  // A stage's or an image's: layers never change.
  const auto now = scan(tree, source);
  return now && fingerprint(*now) == seen.fingerprint &&
         std::all_of(seen.unsettled.begin(), seen.unsettled.end(),
                     [&](const SourceEntry& entry) { return has_digest(tree, entry); });
}

}  // namespace runtime::build
