// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/byte_size.h"
#include "cli/commands/image.h"
#include "cli/commands/system.h"
#include "cli/render/container_text.h"
#include "cli/render/listing.h"
#include "compose/plan/project_containers.h"

namespace cli {
namespace {

using engine_client::DiskUse;
using CacheRecords = std::vector<engine_client::BuildCacheRecord>;

std::string human(std::int64_t bytes) { return base::to_human_text({bytes}); }

/// One line of the summary.
struct Kind {
  const char* name;
  std::size_t total = 0, active = 0;
  std::int64_t size = 0, reclaimable = 0;
};

std::vector<Kind> summarize(const DiskUse& use, const CacheRecords& cache) {
  Kind images{"Images", use.images.size(), 0, use.layers, use.idle_layers};
  for (const auto& entry : use.images) images.active += entry.containers > 0 ? 1 : 0;
  Kind containers{"Containers", use.containers.size()};
  for (const auto& entry : use.containers) {
    containers.size += entry.size;
    if (model::is_active(entry.container.status)) {
      ++containers.active;
    } else {
      containers.reclaimable += entry.size;
    }
  }
  Kind volumes{"Local Volumes", use.volumes.size()};
  for (const auto& entry : use.volumes) {
    volumes.size += entry.size;
    if (entry.containers > 0) {
      ++volumes.active;
    } else {
      volumes.reclaimable += entry.size;
    }
  }
  // Layers that images have, too, are counted there.
  Kind builds{"Build Cache", cache.size()};
  for (const auto& record : cache) {
    if (record.in_use) {
      ++builds.active;
    } else {
      builds.size += record.size;
    }
  }
  builds.reclaimable = builds.size;
  return {images, containers, volumes, builds};
}

std::string row_of(const Kind& kind) {
  constexpr int kWhole = 100;
  std::string reclaimable = human(kind.reclaimable);
  if (kind.size > 0) reclaimable += fmt::format(" ({}%)", kWhole * kind.reclaimable / kind.size);
  return to_json_object({{"Active", std::to_string(kind.active)},
                         {"Reclaimable", reclaimable},
                         {"Size", human(kind.size)},
                         {"TotalCount", std::to_string(kind.total)},
                         {"Type", kind.name}});
}

Listing image_details(const DiskUse& use, model::TimePoint now) {
  Listing out{{{"REPOSITORY:TAG", "Name"},
               {"IMAGE ID", "ID"},
               {"CREATED", "CreatedSince"},
               {"SIZE", "Size"},
               {"SHARED SIZE", "SharedSize"},
               {"UNIQUE SIZE", "UniqueSize"},
               {"CONTAINERS", "Containers"}},
              {}};
  for (const auto& entry : use.images) {
    out.rows.push_back(
        to_json_object({{"Containers", std::to_string(entry.containers)},
                        {"CreatedSince", to_human_duration(now - entry.image.created) + " ago"},
                        {"ID", short_image_id(entry.image.id)},
                        {"Name", entry.image.tags.empty() ? "<none>" : entry.image.tags.front()},
                        {"SharedSize", human(entry.shared)},
                        {"Size", human(entry.own + entry.shared)},
                        {"UniqueSize", human(entry.own)}}));
  }
  return out;
}

Listing container_details(const DiskUse& use, model::TimePoint now) {
  Listing out{{{"CONTAINER ID", "ID"},
               {"IMAGE", "Image"},
               {"SIZE", "Size"},
               {"CREATED", "CreatedSince"},
               {"STATUS", "Status"},
               {"NAMES", "Names"}},
              {}};
  for (const auto& [container, size] : use.containers) {
    out.rows.push_back(to_json_object({{"CreatedSince", to_human_duration(now - container.created) + " ago"},
                                       {"ID", container.id.substr(0, 12)},
                                       {"Image", container.image},
                                       {"Names", container.name},
                                       {"Size", human(size)},
                                       {"Status", status_text(container, now)}}));
  }
  return out;
}

Listing volume_details(const DiskUse& use) {
  Listing out{{{"VOLUME NAME", "Name"}, {"LINKS", "Links"}, {"SIZE", "Size"}}, {}};
  for (const auto& entry : use.volumes) {
    out.rows.push_back(to_json_object({{"Links", std::to_string(entry.containers)},
                                       {"Name", entry.volume.name},
                                       {"Size", human(entry.size)}}));
  }
  return out;
}

Listing cache_details(const CacheRecords& cache) {
  Listing out{{{"CACHE ID", "ID"}, {"SIZE", "Size"}, {"USAGE", "UsageCount"}, {"SHARED", "Shared"}}, {}};
  for (const auto& record : cache) {
    out.rows.push_back(to_json_object({{"ID", record.id},
                                       {"Shared", record.in_use ? "true" : "false"},
                                       {"Size", human(record.size)},
                                       {"UsageCount", std::to_string(record.use_count)}}));
  }
  return out;
}

}  // namespace

base::Result<int> run_system_df(Invocation& invocation, const Arguments& arguments) {
  bool verbose = false;
  std::string format;
  OptionSet options = group_options(invocation, "df", "[OPTIONS]", "Show what takes room on disk");
  options.text("--format", format, "table, json, or a template", "FORMAT")
      .flag("-v,--verbose", verbose, "Each image, container, volume and record");
  options.takes({});
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  if (verbose && !format.empty()) {
    return base::fail(base::ErrorClass::Invalid, "--verbose and --format are incompatible");
  }
  engine_client::Engine& engine = *TRY(invocation.engine());
  const DiskUse use = TRY(engine.system().disk_use());
  const CacheRecords cache = TRY(engine.build_cache().list());
  if (!verbose) {
    Listing listing{{{"TYPE", "Type"},
                     {"TOTAL", "TotalCount"},
                     {"ACTIVE", "Active"},
                     {"SIZE", "Size"},
                     {"RECLAIMABLE", "Reclaimable"}},
                    {}};
    for (const Kind& kind : summarize(use, cache)) listing.rows.push_back(row_of(kind));
    fmt::print("{}", TRY(format_listing(listing, format)));
    return 0;
  }
  const model::TimePoint now = std::chrono::system_clock::now();
  fmt::print("Images space usage:\n\n{}", TRY(format_listing(image_details(use, now), "")));
  fmt::print("\nContainers space usage:\n\n{}", TRY(format_listing(container_details(use, now), "")));
  fmt::print("\nLocal Volumes space usage:\n\n{}", TRY(format_listing(volume_details(use), "")));
  fmt::print("\nBuild cache usage: {}\n\n{}", human(summarize(use, cache).back().size),
             TRY(format_listing(cache_details(cache), "")));
  return 0;
}

}  // namespace cli
