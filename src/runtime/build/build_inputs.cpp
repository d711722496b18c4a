// SPDX-License-Identifier: Apache-2.0
// What a build reads before its first step: its context and its Dockerfile.
#include <filesystem>

#include <fmt/format.h>

#include "base/address_text.h"
#include "runtime/build/build_job.h"
#include "runtime/build/remote_source.h"
#include "sys/file.h"

namespace runtime::build {
namespace {

/// "dockerfile" stands in for a "Dockerfile" that is not there.
std::string in_small_letters(const std::string& path) {
  constexpr std::string_view kName = "Dockerfile";
  const bool is_default = path == kName || path.ends_with("/Dockerfile");
  return is_default ? path.substr(0, path.size() - kName.size()) + "dockerfile" : path;
}

}  // namespace

base::Result<> BuildJob::load_context() {
  if (spec.context.starts_with(kLayoutContext) || spec.context.starts_with("docker-image://")) {
    base::Error error = base::make_error(
        base::ErrorClass::Unsupported,
        fmt::format("the build context {} is an image", base::hide_secrets(spec.context)));
    error.hint = "name it in additional_contexts (--build-context NAME=...), and COPY --from=NAME";
    return base::fail(model::at_place(std::move(error), spec, "context"));
  }
  FetchedContext fetched = TRY(fetch_folder(spec.context));
  context_folder = std::move(fetched.folder);
  context_material = std::move(fetched.material);
  return {};
}

base::Result<FetchedContext> BuildJob::fetch_folder(const std::string& context) {
  const bool is_path = source_kind(context) == SourceKind::Path;
  std::error_code none;
  const bool is_file = is_path && std::filesystem::is_regular_file(context, none);
  if (is_path && !is_file) return FetchedContext{.folder = context, .material = {}};
  const std::string target = fmt::format("{}/{}", TRY(scratch_folder()), new_id());
  if (is_file) {
    return FetchedContext{
        .folder = TRY_WHILE(unpack_context(context, target), "reading the context's archive"),
        .material = {}};
  }
  const ContextRequest request{.address = context,
                               .target = target,
                               .secrets = TRY(memory_folder()),
                               .keep_git_folder = arguments.keep_git_folder};
  FetchedContext fetched = TRY_WHILE(fetch_context(request, spec, sources_.urls, cancellation),
                                     fmt::format("reading the context {}", base::hide_secrets(context)));
  attestations.note_material(fetched.material);
  return fetched;
}

base::Result<> BuildJob::load_dockerfile() {
  constexpr std::size_t kLargestDockerfile = 16u << 20;
  ignore_file_ = context_folder + "/.dockerignore";
  if (!spec.dockerfile_inline.empty()) {
    source = {.name = "Dockerfile (inline)", .text = spec.dockerfile_inline};
    return {};
  }
  const std::string name = spec.dockerfile.empty() ? "Dockerfile" : spec.dockerfile;
  if (context_folder != spec.context) return load_fetched_dockerfile(name);
  std::string path = name.starts_with('/') ? name : fmt::format("{}/{}", context_folder, name);
  if (const std::string other = in_small_letters(path); !sys::path_exists(path) && sys::path_exists(other))
    path = other;
  if (!sys::path_exists(path)) {
    if (!sys::path_exists(context_folder)) {
      return base::fail(base::ErrorClass::NotFound,
                        fmt::format("the build context {} does not exist", context_folder));
    }
    return base::fail(base::make_error(base::ErrorClass::NotFound, fmt::format("no Dockerfile at {}", path))
                          .with_hint("'dockerfile' (-f) names another one, relative to the build context"));
  }
  source = {.name = path.substr(path.size() - name.size()),
            .text = TRY(sys::read_file(path, kLargestDockerfile))};
  if (sys::path_exists(path + ".dockerignore")) ignore_file_ = path + ".dockerignore";
  return {};
}

/// Files of a fetched context are somebody else's: no link leads out of it, and nothing but a file is read.
base::Result<> BuildJob::load_fetched_dockerfile(const std::string& wanted) {
  std::string name =
      source_kind(spec.context) != SourceKind::Git && is_text_context(context_folder) ? "Dockerfile" : wanted;
  auto text = TRY(read_context_file(context_folder, name));
  if (const std::string other = in_small_letters(name); !text && other != name) {
    text = TRY(read_context_file(context_folder, other));
    if (text) name = other;
  }
  if (!text) {
    return base::fail(
        base::make_error(base::ErrorClass::NotFound, fmt::format("no Dockerfile {} in {}", name,
                                                                 source_kind(spec.context) == SourceKind::Path
                                                                     ? "the archive"
                                                                     : base::hide_secrets(spec.context)))
            .with_hint("'dockerfile' (-f) names another one, relative to the build context"));
  }
  source = {.name = name, .text = *text};
  if (TRY(read_context_file(context_folder, name + ".dockerignore")))
    ignore_file_ = fmt::format("{}/{}.dockerignore", context_folder, name);
  return {};
}

}  // namespace runtime::build
