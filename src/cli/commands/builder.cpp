// SPDX-License-Identifier: Apache-2.0
// The build cache: `builder du` and `builder prune`.
#include <algorithm>
#include <array>
#include <functional>

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

using engine_client::BuildCacheRecord;

std::string ago(model::TimePoint time, model::TimePoint now) {
  return time == model::TimePoint() ? std::string() : to_human_duration(now - time) + " ago";
}

constexpr std::string_view kCacheMount = "exec.cachemount", kRegular = "regular";
constexpr const char* kFilterHelp =
    "until=DURATION, id=ID, type=regular|exec.cachemount, shared=BOOL, description=TEXT";

std::string_view type_of(const BuildCacheRecord& record) {
  return record.id.starts_with("mount:") ? kCacheMount : kRegular;
}

using Condition = std::function<bool(const BuildCacheRecord&)>;

/// "until=24h" or "unused-for=24h": what was not used for so long.
base::Result<Condition> parse_condition(const std::string& entry) {
  const auto [key, text] = base::split_once(entry, '=');
  const std::string value(text);
  if (key == "until" || key == "unused-for") {
    const auto before = std::chrono::system_clock::now() - TRY(base::parse_duration(value));
    return Condition([before](const BuildCacheRecord& record) { return record.last_used <= before; });
  }
  if (key == "id") return Condition([value](const BuildCacheRecord& record) { return record.id == value; });
  if (key == "type" && (value == kCacheMount || value == kRegular))
    return Condition([value](const BuildCacheRecord& record) { return type_of(record) == value; });
  if (key == "shared") {
    const bool wanted = TRY(parse_switch(value));
    return Condition([wanted](const BuildCacheRecord& record) { return record.in_use == wanted; });
  }
  if (key == "description") {
    return Condition([value](const BuildCacheRecord& record) {
      return record.description.find(value) != std::string::npos;
    });
  }
  return base::fail(base::make_error(base::ErrorClass::Invalid, fmt::format("unknown filter \"{}\"", entry))
                        .with_hint(fmt::format("there are {}", kFilterHelp)));
}

/// What fulfils all of the conditions.
base::Result<Condition> parse_filters(const std::vector<std::string>& entries) {
  std::vector<Condition> all;
  for (const std::string& entry : entries) all.push_back(TRY(parse_condition(entry)));
  return Condition([all](const BuildCacheRecord& record) {
    return std::all_of(all.begin(), all.end(), [&](const Condition& condition) { return condition(record); });
  });
}

std::string row_of(const BuildCacheRecord& record, model::TimePoint now) {
  std::string description = record.description;
  std::replace(description.begin(), description.end(), '\n', ' ');
  return to_json_object({{"CreatedSince", ago(record.created, now)},
                         {"Description", description},
                         {"ID", record.id},
                         {"LastUsedSince", ago(record.last_used, now)},
                         {"Reclaimable", record.in_use ? "false" : "true"},
                         {"Shared", record.in_use ? "true" : "false"},
                         {"Size", base::to_human_text({record.size})},
                         {"Type", std::string(type_of(record))},
                         {"UsageCount", std::to_string(record.use_count)}});
}

base::Result<int> run_du(Invocation& invocation, const Arguments& arguments) {
  bool verbose = false;
  std::string format;
  std::vector<std::string> entries;
  OptionSet options = group_options(invocation, "du", "[OPTIONS]", "Show what the build cache takes");
  options.list("--filter", entries, kFilterHelp, "KEY=VALUE")
      .text("--format", format, "table, json, or a template", "FORMAT")
      .flag("--verbose", verbose, "With what made each record, and its last use")
      .ignored_text("--builder")
      .ignored_flag("-D,--debug");
  options.takes({});
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  const Condition wanted = TRY(parse_filters(entries));
  const model::TimePoint now = std::chrono::system_clock::now();
  Listing listing{
      {{"ID", "ID"}, {"RECLAIMABLE", "Reclaimable"}, {"SIZE", "Size"}, {"LAST ACCESSED", "LastUsedSince"}},
      {}};
  if (verbose) {
    listing.columns.push_back({"USES", "UsageCount"});
    listing.columns.push_back({"CREATED", "CreatedSince"});
    listing.columns.push_back({"TYPE", "Type"});
    listing.columns.push_back({"DESCRIPTION", "Description"});
  }
  std::int64_t total = 0, reclaimable = 0;
  for (const auto& record : TRY(TRY(invocation.engine())->build_cache().list())) {
    if (!wanted(record)) continue;
    total += record.size;
    if (!record.in_use) reclaimable += record.size;
    listing.rows.push_back(row_of(record, now));
  }
  fmt::print("{}", TRY(format_listing(listing, format)));
  if (format.empty() || format == "table") {
    fmt::print("Reclaimable:\t{}\nTotal:\t\t{}\n", base::to_human_text({reclaimable}),
               base::to_human_text({total}));
  }
  return 0;
}

/// A size that is asked for, or none.
base::Result<std::optional<std::int64_t>> parse_size(const std::string& text) {
  if (text.empty()) return std::optional<std::int64_t>();
  return std::optional<std::int64_t>(TRY(base::parse_byte_size(text)).bytes);
}

base::Result<int> run_prune(Invocation& invocation, const Arguments& arguments) {
  engine_client::BuildCachePruneOptions wanted;
  bool force = false, verbose = false;
  std::string most, free, keep;
  std::vector<std::string> entries;
  OptionSet options = group_options(invocation, "prune", "[OPTIONS]", "Remove what the build cache keeps");
  options.flag("-a,--all", wanted.all, "Also what images use; they keep their layers")
      .list("--filter", entries, kFilterHelp, "KEY=VALUE")
      .flag("-f,--force", force, "Do not ask")
      .text("--max-used-space", most, "Leave what was used last, up to this size", "SIZE")
      .text("--min-free-space", free, "Remove no more than gives the disk this much free room", "SIZE")
      .text("--reserved-space,--keep-storage", keep, "Leave this much in any case", "SIZE")
      .flag("--verbose", verbose, "Print what is removed")
      .ignored_text("--builder")
      .ignored_flag("-D,--debug");
  options.takes({});
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  if (!entries.empty()) wanted.takes = TRY(parse_filters(entries));
  wanted.most_bytes = TRY(parse_size(most));
  wanted.free_bytes = TRY(parse_size(free));
  wanted.keep_bytes = TRY(parse_size(keep));
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
