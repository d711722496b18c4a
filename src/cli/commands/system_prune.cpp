// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/byte_size.h"
#include "cli/commands/image.h"
#include "cli/commands/system.h"
#include "cli/prune_flags.h"
#include "model/labels.h"

namespace cli {
namespace {

struct Wish {
  bool all = false, volumes = false;
  engine_client::PruneFilter filter;
};

/// Takes away, one kind after the other, what nothing uses, and counts what that frees.
class Pruner {
 public:
  Pruner(const compose::Session& session, const Wish& wish)
      : engine_(session.engine), cancellation_(session.cancellation), wish_(wish) {}

  base::Result<std::int64_t> run() {
    const engine_client::DiskUse use = TRY(engine_.system().disk_use());
    TRY(prune_containers(use));
    TRY(prune_networks());
    if (wish_.volumes) TRY(prune_volumes(use));
    TRY(go_on());
    const auto which = wish_.all ? engine_client::PruneImages::All : engine_client::PruneImages::Dangling;
    const auto images = TRY(engine_.images().prune(which, wish_.filter));
    if (!images.deleted.empty()) fmt::print("Deleted Images:\n");
    print_removal(images);
    TRY(go_on());
    TRY(prune_build_cache());
    return freed_ + images.freed;
  }

 private:
  base::Result<> prune_containers(const engine_client::DiskUse& use) {
    for (const auto& [container, size] : use.containers) {
      const bool stopped = container.status == model::ContainerStatus::Exited ||
                           container.status == model::ContainerStatus::Created ||
                           container.status == model::ContainerStatus::Dead;
      if (!stopped || !wish_.filter.takes(container.labels, container.created)) continue;
      // Not by force: one that was started meanwhile stays.
      if (TRY(is_gone(engine_.containers().remove(container.id, {})))) {
        tell("Deleted Containers:", container.id);
        freed_ += size;
      }
    }
    return {};
  }

  base::Result<> prune_networks() {
    std::set<std::string> used{"bridge"};  // The engine's own.
    for (const auto& container : TRY(engine_.containers().list({}))) {
      for (const auto& endpoint : container.endpoints) used.insert(endpoint.network);
    }
    for (const auto& network : TRY(engine_.networks().list({}))) {
      if (used.contains(network.name) || !wish_.filter.takes(network.labels, network.created)) continue;
      if (TRY(is_gone(engine_.networks().remove(network.id)))) tell("Deleted Networks:", network.name);
    }
    return {};
  }

  /// Those that nobody named, as Docker does.
  base::Result<> prune_volumes(const engine_client::DiskUse& use) {
    const auto containers = TRY(engine_.containers().list({}));
    for (const auto& entry : use.volumes) {
      const model::ObservedVolume& volume = entry.volume;
      const bool anonymous = volume.labels.contains(std::string(model::labels::kAnonymousVolume));
      const bool used = std::any_of(containers.begin(), containers.end(), [&](const auto& container) {
        return std::any_of(container.mounts.begin(), container.mounts.end(),
                           [&](const auto& mount) { return mount.name == volume.name; });
      });
      if (!anonymous || used || !wish_.filter.takes(volume.labels, volume.created)) continue;
      if (TRY(is_gone(engine_.volumes().remove(volume.name)))) {
        tell("Deleted Volumes:", volume.name);
        freed_ += entry.size;
      }
    }
    return {};
  }

  base::Result<> prune_build_cache() {
    // Records have no labels, so a condition on labels takes none.
    if (!wish_.filter.labels.empty()) return {};
    engine_client::BuildCachePruneOptions options;
    if (wish_.filter.created_before) {
      options.unused_for = model::TimePoint(std::chrono::system_clock::now()) - *wish_.filter.created_before;
    }
    const auto pruned = TRY(engine_.build_cache().prune(options, cancellation_));
    for (const std::string& id : pruned.removed) tell("Deleted build cache objects:", id);
    freed_ += pruned.freed;
    return {};
  }

  base::Result<> go_on() const {
    if (!cancellation_.requested()) return {};
    return base::fail(base::ErrorClass::Cancelled, "interrupted");
  }

  /// False: somebody began to use it, or has removed it, meanwhile.
  static base::Result<bool> is_gone(base::Result<> removed) {
    if (removed) return true;
    const auto error_class = removed.error().error_class;
    if (error_class == base::ErrorClass::Conflict || error_class == base::ErrorClass::NotFound) return false;
    return base::fail(std::move(removed).error());
  }

  void tell(const char* title, const std::string& name) {
    if (title_ != title) fmt::print("{}{}\n", title_.empty() ? "" : "\n", title);
    title_ = title;
    fmt::print("{}\n", name);
  }

  engine_client::Engine& engine_;
  const base::Cancellation& cancellation_;
  const Wish& wish_;
  std::int64_t freed_ = 0;
  std::string title_;
};

std::string consequence_of(const Wish& wish) {
  std::string out = "This removes all stopped containers, all networks without a container, ";
  if (wish.volumes) out += "all volumes without a name and without a container, ";
  out += wish.all ? "all images without a container" : "all images without a name";
  return out + " and the build cache that no image uses";
}

}  // namespace

base::Result<int> run_system_prune(Invocation& invocation, const Arguments& arguments) {
  Wish wish;
  bool force = false;
  std::vector<std::string> entries;
  OptionSet options = group_options(invocation, "prune", "[OPTIONS]", "Remove what nothing uses");
  options.flag("-a,--all", wish.all, "Also images with a name that no container uses")
      .list("--filter", entries, "until=TIME, label=KEY[=VALUE], label!=...", "KEY=VALUE")
      .flag("-f,--force", force, "Do not ask")
      .flag("--volumes", wish.volumes, "Also volumes without a name of their own");
  options.takes({});
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  wish.filter = TRY(parse_prune_filters(entries)).filter;
  if (!TRY(may_remove(invocation, force, consequence_of(wish)))) return 0;
  const std::int64_t freed = TRY(Pruner(*TRY(invocation.session()), wish).run());
  fmt::print("Total reclaimed space: {}\n", base::to_human_text({freed}));
  return 0;
}

}  // namespace cli
