// SPDX-License-Identifier: Apache-2.0
#include "cli/build_delivery.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "cli/absolute_path.h"
#include "cli/image_work.h"
#include "cli/output_file.h"
#include "cli/output_folder.h"
#include "cli/render/build_metadata.h"
#include "sys/file.h"
#include "sys/file_io.h"

namespace cli {
namespace {

using Kind = BuildOutput::Kind;

constexpr int kStdout = 1;

/// Which flag names which file: each may be named once.
class FilePlaces {
 public:
  base::Result<sys::PendingFile> open(const std::string& flag, const std::string& path) {
    sys::PendingFile file = TRY(open_output_file(flag, path));
    std::error_code none;
    const std::filesystem::path place = std::filesystem::weakly_canonical(TRY(absolute_path(path)), none);
    const auto [other, is_new] = flags_.try_emplace(place.string(), flag);
    if (!is_new && file.replaces()) {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("{} and {} both write to {}", other->second, flag, path));
    }
    return file;
  }

 private:
  std::map<std::string, std::string> flags_;
};

base::Result<> write_folder(Invocation& invocation, const BuildOutput& output, const std::string& id) {
  engine_client::Images& images = TRY(invocation.session())->engine.images();
  const std::string folder = TRY(absolute_path(output.place));
  const std::size_t devices = TRY(write_files(images, id, folder, TRY(invocation.session())->cancellation));
  if (devices == 0) return {};
  invocation.warn(
      base::make_error(base::ErrorClass::Unsupported,
                       fmt::format("{} devices of the image are not in {}", devices, output.place))
          .with_hint("type=tar keeps them"));
  return {};
}

}  // namespace

base::Result<BuildDelivery> BuildDelivery::prepare(const BuildFlags& flags,
                                                   std::vector<BuildOutput> outputs) {
  BuildDelivery out;
  for (BuildOutput& output : outputs) out.targets_.push_back({std::move(output), std::nullopt});
  TRY(out.open_files(flags));
  return out;
}

base::Result<> BuildDelivery::open_files(const BuildFlags& flags) {
  FilePlaces places;
  for (Target& target : targets_) {
    const BuildOutput& output = target.output;
    const bool is_file = output.kind == Kind::Files || output.kind == Kind::Archive;
    if (is_file && !output.to_stdout()) target.file = TRY(places.open("--output", output.place));
    if (output.kind == Kind::Folder) TRY(check_output_folder("--output", output.place));
  }
  if (!flags.metadata_file.empty()) metadata_file_ = TRY(places.open("--metadata-file", flags.metadata_file));
  if (flags.iid_file.empty()) return {};
  id_file_ = TRY(places.open("--iidfile", flags.iid_file));
  return id_file_->replaces() ? sys::remove_file(flags.iid_file) : base::Result<>();
}

bool BuildDelivery::keeps_image() const {
  return std::any_of(targets_.begin(), targets_.end(),
                     [](const Target& target) { return target.output.keeps_image(); });
}

bool BuildDelivery::streams() const {
  return std::any_of(targets_.begin(), targets_.end(),
                     [](const Target& target) { return target.output.to_stdout(); });
}

base::Result<> BuildDelivery::write(Invocation& invocation, const Target& target,
                                    const std::vector<std::string>& names, const std::string& id) const {
  const compose::Session& session = *TRY(invocation.session());
  engine_client::Images& images = session.engine.images();
  const int to = target.file ? target.file->fd() : kStdout;
  switch (target.output.kind) {
    case Kind::Folder: return write_folder(invocation, target.output, id);
    case Kind::Files: return images.export_root(id, to, session.cancellation);
    case Kind::Archive: return images.save({.images = {id}, .names = names}, to, session.cancellation);
    case Kind::Registry:
      for (const std::string& name : names) {
        ImageWork work(invocation, name, compose::plan::PushImage{name});
        TRY(work.end(images.push(name, work.sink(), session.cancellation)));
      }
      return {};
    case Kind::Store:
    case Kind::None: return {};
  }
  return {};
}

base::Result<> BuildDelivery::deliver(Invocation& invocation, const std::vector<std::string>& names,
                                      const std::string& id) {
  for (const Target& target : targets_) {
    auto written = write(invocation, target, names, id);
    if (written) continue;
    base::Error error = std::move(written).error();
    if (target.output.place.empty()) return base::fail(std::move(error));
    return base::fail(
        std::move(error).while_doing(fmt::format("writing {} for --output", target.output.place)));
  }
  if (metadata_file_) {
    const auto image = TRY(TRY(invocation.session())->engine.images().inspect(id));
    TRY_WHILE(sys::write_all(metadata_file_->fd(), encode_build_metadata(image, names)),
              std::string("writing --metadata-file"));
  }
  if (id_file_) TRY_WHILE(sys::write_all(id_file_->fd(), id), std::string("writing --iidfile"));
  return commit();
}

base::Result<> BuildDelivery::commit() {
  for (Target& target : targets_) {
    if (target.file) TRY(target.file->commit());
  }
  if (metadata_file_) TRY(metadata_file_->commit());
  return id_file_ ? id_file_->commit() : base::Result<>();
}

}  // namespace cli
