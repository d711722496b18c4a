// SPDX-License-Identifier: Apache-2.0
// The build cache: `builder du` and `builder prune`.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/byte_size.h"
#include "base/split.h"
#include "cli/commands/command_group.h"
#include "cli/commands/commands.h"
#include "cli/prune_flags.h"
#include "cli/render/container_text.h"
#include "cli/render/listing.h"

namespace cli {
namespace {

std::string ago(model::TimePoint time, model::TimePoint now) {
  return time == model::TimePoint() ? std::string() : to_human_duration(now - time) + " ago";
}

base::Result<int> run_du(Invocation& invocation, const Arguments& arguments) {
  bool verbose = false;
  std::string format;
  OptionSet options = group_options(invocation, "du", "[OPTIONS]", "Show what the build cache takes");
  options.text("--format", format, "table, json, or a template", "FORMAT")
      .flag("--verbose", verbose, "With what made each record, and its last use");
  options.takes({});
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  const model::TimePoint now = std::chrono::system_clock::now();
  Listing listing{
      {{"ID", "ID"}, {"RECLAIMABLE", "Reclaimable"}, {"SIZE", "Size"}, {"LAST ACCESSED", "LastUsedSince"}},
      {}};
  if (verbose) {
    listing.columns.push_back({"USES", "UsageCount"});
    listing.columns.push_back({"CREATED", "CreatedSince"});
    listing.columns.push_back({"DESCRIPTION", "Description"});
  }
  std::int64_t total = 0, reclaimable = 0;
  for (const auto& record : TRY(TRY(invocation.engine())->build_cache().list())) {
    total += record.size;
    if (!record.in_use) reclaimable += record.size;
    std::string description = record.description;
    std::replace(description.begin(), description.end(), '\n', ' ');
    listing.rows.push_back(to_json_object({{"CreatedSince", ago(record.created, now)},
                                           {"Description", description},
                                           {"ID", record.id},
                                           {"LastUsedSince", ago(record.last_used, now)},
                                           {"Reclaimable", record.in_use ? "false" : "true"},
                                           {"Size", base::to_human_text({record.size})},
                                           {"UsageCount", std::to_string(record.use_count)}}));
  }
  fmt::print("{}", TRY(format_listing(listing, format)));
  if (format.empty() || format == "table") {
    fmt::print("Reclaimable:\t{}\nTotal:\t\t{}\n", base::to_human_text({reclaimable}),
               base::to_human_text({total}));
  }
  return 0;
}

/// "until=24h" or "unused-for=24h": only what was not used for so long.
base::Result<std::optional<base::Duration>> parse_filters(const std::vector<std::string>& entries) {
  std::optional<base::Duration> out;
  for (const std::string& entry : entries) {
    const auto [key, value] = base::split_once(entry, '=');
    if (key != "until" && key != "unused-for") {
      return base::fail(
          base::make_error(base::ErrorClass::Invalid, fmt::format("unknown filter \"{}\"", entry))
              .with_hint("there is until="));
    }
    out = TRY(base::parse_duration(value));
  }
  return out;
}

base::Result<int> run_prune(Invocation& invocation, const Arguments& arguments) {
  engine_client::BuildCachePruneOptions wanted;
  bool force = false, verbose = false;
  std::string keep;
  std::vector<std::string> entries;
  OptionSet options = group_options(invocation, "prune", "[OPTIONS]", "Remove what the build cache keeps");
  options.flag("-a,--all", wanted.all, "Also what images use; they keep their layers")
      .list("--filter", entries, "until=DURATION: only what was not used for so long", "KEY=VALUE")
      .flag("-f,--force", force, "Do not ask")
      .text("--keep-storage,--max-used-space,--reserved-space", keep,
            "Leave what was used last, up to this size", "SIZE")
      .flag("--verbose", verbose, "Print what is removed");
  options.takes({});
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  wanted.unused_for = TRY(parse_filters(entries));
  if (!keep.empty()) wanted.keep_bytes = TRY(base::parse_byte_size(keep)).bytes;
  const char* consequence = wanted.all ? "This removes the whole build cache"
                                       : "This removes everything in the build cache that no image uses";
  if (!TRY(may_remove(invocation, force, consequence))) return 0;
  const compose::Session& session = *TRY(invocation.session());
  const auto pruned = TRY(session.engine.build_cache().prune(wanted, session.cancellation));
  if (verbose) {
    for (const std::string& id : pruned.removed) fmt::print("Deleted: {}\n", id);
  }
  fmt::print("Total reclaimed space: {}\n", base::to_human_text({pruned.freed}));
  return 0;
}

constexpr std::array kBuilderCommands = {
    GroupCommand{"du", "Show what the build cache takes", run_du, Effect::Reads},
    GroupCommand{"prune", "Remove what the build cache keeps", run_prune},
};

}  // namespace

base::Result<int> run_builder(Invocation& invocation) {
  return run_group(invocation, "Work with the build cache", kBuilderCommands);
}

}  // namespace cli
