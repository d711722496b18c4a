// SPDX-License-Identifier: Apache-2.0
// What images there are, what they are, and how they were made.
#include <fnmatch.h>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/byte_size.h"
#include "base/split.h"
#include "cli/commands/image.h"
#include "cli/prune_flags.h"
#include "cli/render/container_text.h"
#include "cli/render/containers_json.h"
#include "cli/render/listing.h"
#include "cli/render/template_text.h"

namespace cli {
namespace {

constexpr std::string_view kNone = "<none>";

/// Which images `ls` shows.
struct Wanted {
  PruneFilters filters;
  std::vector<std::string> references;  ///< Patterns.
  std::optional<model::TimePoint> before, since;
};

/// "repository" and "tag" of a reference as it is shown; of one with a digest the tag is not there.
std::pair<std::string, std::string> split_tag(const std::string& reference) {
  if (const auto at = reference.find('@'); at != std::string::npos)
    return {reference.substr(0, at), std::string(kNone)};
  const auto colon = reference.rfind(':');
  if (colon == std::string::npos || reference.find('/', colon) != std::string::npos)
    return {reference, "latest"};
  return {reference.substr(0, colon), reference.substr(colon + 1)};
}

bool matches(const std::string& reference, const std::string& pattern) {
  const bool with_tag = split_tag(pattern).first != pattern;
  const std::string subject = with_tag ? reference : split_tag(reference).first;
  return ::fnmatch(pattern.c_str(), subject.c_str(), FNM_PATHNAME) == 0;
}

base::Result<Wanted> parse_filters(engine_client::Engine& engine, const std::vector<std::string>& entries,
                                   const Arguments& patterns) {
  Wanted out;
  out.references = patterns;
  std::vector<std::string> others;
  for (const std::string& entry : entries) {
    const auto [key, value] = base::split_once(entry, '=');
    if (key == "reference") {
      out.references.emplace_back(value);
    } else if (key == "before" || key == "since") {
      const auto image = TRY(engine.images().inspect(std::string(value)));
      (key == "before" ? out.before : out.since) = image.created;
    } else {
      others.push_back(entry);
    }
  }
  out.filters = TRY(parse_prune_filters(others, true));
  return out;
}

bool is_wanted(const model::ObservedImage& image, const Wanted& wanted) {
  if (wanted.before && image.created >= *wanted.before) return false;
  if (wanted.since && image.created <= *wanted.since) return false;
  if (wanted.filters.dangling && *wanted.filters.dangling != image.tags.empty()) return false;
  return wanted.filters.filter.takes(image.labels, image.created);
}

/// The names of the image that are to be shown: tags, or the digests it was pulled by; one that stands for
/// none, unless a name is asked for.
std::vector<std::string> shown_names(const model::ObservedImage& image, const Wanted& wanted) {
  const std::vector<std::string>& names = image.tags.empty() ? image.digests : image.tags;
  if (wanted.references.empty()) return names.empty() ? std::vector<std::string>{""} : names;
  std::vector<std::string> out;
  for (const std::string& tag : names) {
    const bool any = std::any_of(wanted.references.begin(), wanted.references.end(),
                                 [&](const std::string& pattern) { return matches(tag, pattern); });
    if (any) out.push_back(tag);
  }
  return out;
}

/// The digest that the repository of this name has for the image.
std::string digest_of(const model::ObservedImage& image, const std::string& repository) {
  for (const std::string& digest : image.digests) {
    const auto [name, value] = base::split_once(digest, '@');
    if (name == repository) return std::string(value);
  }
  return std::string(kNone);
}

std::string row_of(const model::ObservedImage& image, const std::string& name, bool whole,
                   model::TimePoint now) {
  const auto [repository, tag] =
      name.empty() ? std::pair(std::string(kNone), std::string(kNone)) : split_tag(name);
  return to_json_object({{"CreatedAt", local_time_text(image.created)},
                         {"CreatedSince", to_human_duration(now - image.created) + " ago"},
                         {"Digest", digest_of(image, repository)},
                         {"ID", whole ? image.id : short_image_id(image.id)},
                         {"Platform", image.platform},
                         {"Repository", repository},
                         {"Size", base::to_human_text({image.size})},
                         {"Tag", tag}});
}

/// IDs of the images that containers are made from or mount.
base::Result<std::set<std::string>> used_images(engine_client::Engine& engine) {
  std::set<std::string> out;
  for (const model::ObservedContainer& container : TRY(engine.containers().list({}))) {
    out.insert(container.image_id);
    for (const model::ObservedMount& mount : container.mounts) out.insert(mount.image_id);
  }
  return out;
}

/// An image's names, and under them what it is for.
void add_tree(const model::ObservedImage& image, const std::vector<std::string>& names, bool used,
              Listing& listing) {
  const auto add = [&](const std::string& name, bool whole) {
    listing.rows.push_back(to_json_object({{"DiskUsage", whole ? base::to_human_text({image.size}) : ""},
                                           {"ID", whole ? short_image_id(image.id) : ""},
                                           {"Image", name},
                                           {"Used", whole && used ? "✔" : ""}}));
  };
  for (const std::string& name : names) add(name.empty() ? "<untagged>" : name, &name == &names.front());
  add("└─ " + image.platform, true);
}

base::Result<int> print_tree(engine_client::Engine& engine, const Wanted& wanted) {
  const std::set<std::string> used = TRY(used_images(engine));
  Listing listing{{{"IMAGE", "Image"}, {"ID", "ID"}, {"DISK USAGE", "DiskUsage"}, {"USED", "Used"}}, {}};
  for (const model::ObservedImage& image : TRY(engine.images().list())) {
    const auto names = shown_names(image, wanted);
    if (is_wanted(image, wanted) && !names.empty()) add_tree(image, names, used.contains(image.id), listing);
  }
  fmt::print("{}", TRY(format_listing(listing, "")));
  return 0;
}

}  // namespace

base::Result<int> run_image_ls(Invocation& invocation, const Arguments& arguments) {
  bool quiet = false, no_trunc = false, digests = false, all = false, tree = false;
  std::string format;
  std::vector<std::string> filters;
  OptionSet options = group_options(invocation, "ls", "[OPTIONS] [REPOSITORY[:TAG]]", "List images");
  options.flag("-a,--all", all, "All of them, which is what is shown anyway")
      .flag("--digests", digests, "With the digests registries know them by")
      .list("-f,--filter", filters, "dangling=, label=, before=, since=, until=, reference=", "KEY=VALUE")
      .text("--format", format, "table, json, or a template", "FORMAT")
      .flag("--no-trunc", no_trunc, "Whole IDs")
      .flag("-q,--quiet", quiet, "IDs only")
      .flag("--tree", tree, "With the platforms they are for, and whether containers use them");
  const auto patterns = TRY(options.parse(arguments));
  if (!patterns) return 0;
  engine_client::Engine& engine = *TRY(invocation.engine());
  const Wanted wanted = TRY(parse_filters(engine, filters, *patterns));
  if (tree && (quiet || no_trunc || digests || !format.empty()))
    return base::fail(base::ErrorClass::Invalid,
                      "--tree goes without --quiet, --no-trunc, --digests and --format");
  if (tree) return print_tree(engine, wanted);
  const model::TimePoint now = std::chrono::system_clock::now();
  Listing listing{{{"REPOSITORY", "Repository"}, {"TAG", "Tag"}}, {}};
  if (digests) listing.columns.push_back({"DIGEST", "Digest"});
  for (const auto& [title, key] :
       {std::pair("IMAGE ID", "ID"), std::pair("CREATED", "CreatedSince"), std::pair("SIZE", "Size")}) {
    listing.columns.push_back({title, key});
  }
  std::vector<std::string> ids;
  for (const model::ObservedImage& image : TRY(engine.images().list())) {
    if (!is_wanted(image, wanted)) continue;
    const auto names = shown_names(image, wanted);
    if (!names.empty()) ids.push_back(no_trunc ? image.id : short_image_id(image.id));
    for (const std::string& name : names) listing.rows.push_back(row_of(image, name, no_trunc, now));
  }
  if (quiet) {
    for (const std::string& id : ids) fmt::print("{}\n", id);
    return 0;
  }
  fmt::print("{}", TRY(format_listing(listing, format)));
  return 0;
}

base::Result<int> run_image_inspect(Invocation& invocation, const Arguments& arguments) {
  std::string format, platform;
  OptionSet options = group_options(invocation, "inspect", "[OPTIONS] IMAGE...", "Print what an image is");
  options.text("-f,--format", format, "json, or a template", "FORMAT")
      .text("--platform", platform, "os/arch[/variant] that the images must have")
      .takes({1, kAnyNumber}, "inspect needs an image");
  const auto names = TRY(options.parse(arguments));
  if (!names) return 0;
  std::vector<model::ObservedImage> images;
  std::vector<base::Error> errors;
  for (const std::string& name : *names) {
    engine_client::Engine& engine = *TRY(invocation.engine());
    auto image = inspect_image(engine, name, platform);
    if (image) {
      image->layers = TRY(engine.images().layers(image->id));
      images.push_back(*std::move(image));
    } else {
      errors.push_back(std::move(image).error());
    }
  }
  if (format.empty() || format == "json") {
    fmt::print("{}\n", to_json(images));
  } else {
    for (const auto& image : images) fmt::print("{}\n", TRY(expand_template(format, to_json(image))));
  }
  if (!errors.empty()) return base::fail(base::join_errors(std::move(errors)));
  return 0;
}

base::Result<int> run_image_history(Invocation& invocation, const Arguments& arguments) {
  bool quiet = false, no_trunc = false, human = true;
  std::string format, platform;
  OptionSet options =
      group_options(invocation, "history", "[OPTIONS] IMAGE", "Show the steps an image was made in");
  options.text("--format", format, "table, json, or a template", "FORMAT")
      .flag("-H,--human", human, "Sizes and times for people; --human=false for programs")
      .flag("--no-trunc", no_trunc, "Whole IDs and instructions")
      .text("--platform", platform, "os/arch[/variant] that the image must have")
      .flag("-q,--quiet", quiet, "IDs only")
      .takes({1, 1}, "history needs an image");
  const auto names = TRY(options.parse(arguments));
  if (!names) return 0;
  engine_client::Engine& engine = *TRY(invocation.engine());
  const std::string id = TRY(inspect_image(engine, names->front(), platform)).id;
  const model::TimePoint now = std::chrono::system_clock::now();
  Listing listing{{{"IMAGE", "ID"},
                   {"CREATED", human ? "CreatedSince" : "CreatedAt"},
                   {"CREATED BY", "CreatedBy"},
                   {"SIZE", "Size"},
                   {"COMMENT", "Comment"}},
                  {}};
  constexpr std::size_t kShownInstruction = 45;
  for (const engine_client::ImageHistoryRow& row : TRY(engine.images().history(id))) {
    // Only the newest step is an image; those before it have no name here.
    const bool newest = listing.rows.empty();
    std::string made_by = row.created_by;
    std::replace(made_by.begin(), made_by.end(), '\n', ' ');
    if (!no_trunc && made_by.size() > kShownInstruction)
      made_by = made_by.substr(0, kShownInstruction - 1) + "…";
    listing.rows.push_back(to_json_object(
        {{"Comment", row.comment},
         {"CreatedAt", row.created ? local_time_text(*row.created) : "N/A"},
         {"CreatedBy", made_by},
         {"CreatedSince", row.created ? to_human_duration(now - *row.created) + " ago" : "N/A"},
         {"ID", newest ? (no_trunc ? id : short_image_id(id)) : "<missing>"},
         {"Size", human ? base::to_human_text({row.size}) : std::to_string(row.size)}}));
  }
  if (quiet) format = "{{.ID}}";
  fmt::print("{}", TRY(format_listing(listing, format)));
  return 0;
}

}  // namespace cli
