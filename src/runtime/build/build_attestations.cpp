// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/build_attestations.h"

#include <filesystem>

#include <fmt/format.h>

#include "base/address_text.h"
#include "base/clock.h"
#include "base/split.h"
#include "runtime/build/build_job.h"
#include "runtime/build/remote_source.h"
#include "runtime/build/repository_info.h"
#include "runtime/build/sbom_scan.h"
#include "sys/file.h"

namespace runtime::build {
namespace {

/// The digest its registry knows the image by; empty for one that was made or loaded here.
std::string registry_digest(const model::ImageReference& reference, const image::Image& image) {
  if (reference.digest) return std::string(reference.digest->hex());
  for (const std::string& text : image.repo_digests) {
    const auto known = model::ImageReference::parse(text);
    if (known && known->digest && known->registry == reference.registry &&
        known->repository == reference.repository)
      return std::string(known->digest->hex());
  }
  return {};
}

bool is_folder(const std::string& context) {
  return context.find("://") == std::string::npos && source_kind(context) == SourceKind::Path;
}

/// As it lies in the context; where this machine keeps it is nobody's business.
std::string dockerfile_name(const model::BuildSpec& spec) {
  if (spec.dockerfile.empty()) return "Dockerfile";
  const std::filesystem::path path(spec.dockerfile);
  if (path.is_relative()) return spec.dockerfile;
  const std::filesystem::path inside = path.lexically_relative(spec.context);
  return inside.empty() || *inside.begin() == ".." ? path.filename() : inside;
}

}  // namespace

base::Result<> BuildAttestations::configure() {
  auto provenance = find_provenance_option(job_.spec);
  if (!provenance) return base::fail(model::at_place(std::move(provenance).error(), job_.spec, "provenance"));
  auto sbom = find_sbom_option(job_.spec);
  if (!sbom) return base::fail(model::at_place(std::move(sbom).error(), job_.spec, "sbom"));
  provenance_ = *std::move(provenance);
  sbom_ = *std::move(sbom);
  started_ = model::TimePoint(base::Duration(base::now_ns()));
  return {};
}

void BuildAttestations::note_material(Material material) {
  const std::lock_guard lock(mutex_);
  materials_.insert(std::move(material));
}

void BuildAttestations::note_image(const std::string& reference, const image::Image& image) {
  const auto parsed = model::ImageReference::parse(reference);
  // An ID names nothing that others could fetch.
  if (!provenance_ || !parsed || reference == image.id) return;
  note_material(
      {.uri = image::package_url(*parsed, job_.platform), .digest = registry_digest(*parsed, image)});
}

void BuildAttestations::note_secret(const UsedSecret& secret) {
  const std::lock_guard lock(mutex_);
  secrets_.insert(secret);
}

void BuildAttestations::note_agent(const UsedSecret& agent) {
  const std::lock_guard lock(mutex_);
  agents_.insert(agent);
}

void BuildAttestations::note_network() {
  const std::lock_guard lock(mutex_);
  used_network_ = true;
}

base::Result<std::optional<std::vector<image::Attestation>>> BuildAttestations::make(
    const StageState& target) {
  const bool asked = !job_.spec.provenance.empty() || !job_.spec.sbom.empty() || provenance_ || sbom_;
  if (!asked) return std::nullopt;
  std::vector<image::Attestation> out;
  if (sbom_) out = TRY(list_content(target));
  if (provenance_) out.push_back({TRY(tell_provenance()), {}});
  return out;
}

base::Result<std::vector<image::Attestation>> BuildAttestations::list_content(const StageState& target) {
  // The same scanner on the same files says the same. Where it sees a folder of the host it is run each time.
  SbomScan scan = TRY(SbomScan::prepare(job_, *sbom_, target.layers));
  if (!scan.origin().empty() && !job_.spec.no_cache) {
    auto known = TRY(job_.images.find_attestations(scan.origin()));
    if (!known.empty()) {
      scan.report_cached();
      return known;
    }
  }
  std::vector<image::Attestation> out;
  for (image::Statement& statement : TRY(scan.run())) out.push_back({std::move(statement), scan.origin()});
  return out;
}

std::vector<std::string> BuildAttestations::folder_names() const {
  std::vector<std::string> out;
  if (source_kind(job_.spec.context) == SourceKind::Path) {
    out.emplace_back("context");
    if (job_.spec.dockerfile_inline.empty()) out.emplace_back("dockerfile");
  }
  for (const auto& [name, context] : job_.spec.additional_contexts) {
    if (is_folder(context)) out.push_back(name);
  }
  return out;
}

base::Result<image::Statement> BuildAttestations::tell_provenance() {
  const model::BuildSpec& spec = job_.spec;
  Provenance out{.option = *provenance_,
                 .platform = job_.platform,
                 .dockerfile_name = dockerfile_name(spec),
                 .dockerfile_text = job_.source.text,
                 .context = job_.context_material.uri,
                 .folders = folder_names()};
  if (is_folder(spec.context) && sys::path_exists(spec.context))
    out.repository = find_repository(spec.context);
  const auto request = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) out.request[name] = value;
  };
  request("target", spec.target);
  request("force-network-mode", spec.network == "default" ? "" : spec.network);
  request("add-hosts", base::join(spec.extra_hosts, ","));
  request("shm-size", spec.shm_size ? std::to_string(spec.shm_size->bytes) : "");
  request("no-cache", base::join(spec.no_cache_filter, ","));
  if (spec.no_cache) out.request["no-cache"] = "";
  for (const auto& [name, context] : spec.additional_contexts) {
    request("context:" + name, is_folder(context) ? "local:" + name : base::hide_secrets(context));
  }
  for (const auto& [name, value] : spec.args) {
    // Proxies carry passwords, and nothing that the image is made of.
    if (!is_proxy_arg(name)) out.request["build-arg:" + name] = base::hide_secrets(value);
  }
  for (const auto& [name, value] : spec.labels) out.request["label:" + name] = value;
  const std::lock_guard lock(mutex_);
  out.secrets.assign(secrets_.begin(), secrets_.end());
  out.agents.assign(agents_.begin(), agents_.end());
  out.materials.assign(materials_.begin(), materials_.end());
  out.used_network = used_network_;
  if (!job_.source_date_epoch) {
    out.started = started_;
    out.finished = model::TimePoint(base::Duration(base::now_ns()));
    out.invocation = job_.new_id();
  }
  return make_provenance(out);
}

}  // namespace runtime::build
