// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/split.h"
#include "cli/absolute_path.h"
#include "cli/build_call.h"
#include "cli/build_delivery.h"
#include "cli/build_flags.h"
#include "cli/commands/image.h"
#include "cli/image_work.h"
#include "cli/render/build_outline.h"
#include "cli/unnamed_file.h"
#include "compose/images.h"
#include "compose/load/file_path.h"
#include "sys/file.h"
#include "sys/terminal.h"

namespace cli {
namespace {

constexpr int kStdin = 0, kStdout = 1;

base::Result<> refuse_terminal() {
  if (!sys::is_terminal(kStdin)) return {};
  return base::fail(base::ErrorClass::Invalid,
                    "the standard input is a terminal: pipe a tar or a Dockerfile in");
}

/// Context and Dockerfile of the build. `stdin_file` keeps what came from the standard input.
base::Result<> set_context(const std::string& context, const std::string& file, model::BuildSpec& spec,
                           sys::UniqueFd& stdin_file) {
  const bool is_remote = compose::load::is_remote_context(context);
  if (context == "-" && file == "-")
    return base::fail(base::ErrorClass::Invalid,
                      "the context and the Dockerfile cannot both be the standard input");
  if (context == "-") {
    TRY(refuse_terminal());
    stdin_file = TRY(spool_unnamed(kStdin));
    spec.context = fmt::format("/proc/self/fd/{}", stdin_file.value());
  } else {
    spec.context = is_remote ? context : TRY(absolute_path(context));
    std::error_code none;
    if (!is_remote && !std::filesystem::exists(spec.context, none))
      return base::fail(base::ErrorClass::NotFound,
                        fmt::format("the build context {} does not exist", context));
    if (!is_remote && std::filesystem::exists(spec.context, none) &&
        !std::filesystem::is_directory(spec.context, none)) {
      return base::fail(base::make_error(base::ErrorClass::Invalid,
                                         fmt::format("the build context {} is no folder", context))
                            .with_hint("a tar is given on the standard input: -"));
    }
  }
  if (file == "-") {
    TRY(refuse_terminal());
    constexpr std::size_t kLargestDockerfile = 16u << 20;
    spec.dockerfile_inline = TRY(sys::read_all(kStdin, "the standard input", kLargestDockerfile));
    if (base::trim(spec.dockerfile_inline).empty())
      return base::fail(base::ErrorClass::Invalid, "the Dockerfile on the standard input is empty");
    return {};
  }
  // In a context from elsewhere the name is one of its own.
  spec.dockerfile = file.empty()                  ? "Dockerfile"
                    : is_remote || context == "-" ? file
                                                  : TRY(absolute_path(file));
  return {};
}

/// A step may do without a secret, but nobody names a file that is not meant to be there.
base::Result<> check_secrets(const model::BuildSpec& spec) {
  for (const model::BuildSecret& secret : spec.secrets) {
    if (secret.content) continue;
    TRY_WHILE(sys::check_access(secret.file, R_OK), fmt::format("reading --secret 'id={}'", secret.id));
  }
  return {};
}

/// 1 when there is something to tell.
int print_check(Invocation& invocation, compose::Session& session, const model::BuildSpec& spec) {
  const auto told = compose::check_build(session, spec);
  invocation.progress().finish();
  for (const std::string& text : told) fmt::print("{}", text);
  fmt::print("Check complete, {}.\n",
             told.empty() ? "no warnings found" : fmt::format("{} found", told.size()));
  return told.empty() ? 0 : 1;
}

/// The image's ID. One that no output keeps goes again, unless it was there before.
base::Result<std::string> build_and_deliver(Invocation& invocation, BuildDelivery& delivery,
                                            model::BuildSpec spec) {
  compose::Session& session = *TRY(invocation.session());
  engine_client::Images& images = session.engine.images();
  const std::vector<std::string> names = spec.tags;
  const bool keep = delivery.keeps_image();
  std::vector<model::ObservedImage> before;
  if (!keep) {
    before = TRY(images.list());
    spec.tags.clear();
  }
  ImageWork work(invocation, names.empty() ? "<none>" : names.front(),
                 compose::plan::BuildImage{"", names.empty() ? "" : names.front(), spec});
  std::string id = TRY(work.end(images.build(spec, work.sink(), session.cancellation)));
  auto delivered = delivery.deliver(invocation, names, id);
  const auto is_this = [&](const model::ObservedImage& image) { return image.id == id; };
  if (!keep && std::none_of(before.begin(), before.end(), is_this)) {
    // Whoever has given it a name meanwhile wants to keep it.
    const auto image = images.inspect(id);
    // Or has made a container of it: then it stays.
    if (image && image->tags.empty()) static_cast<void>(images.remove(id, false));
  }
  TRY(std::move(delivered));
  return id;
}

/// The tables or the JSON of a call that builds nothing. 1 when a check finds something.
base::Result<int> print_call(Invocation& invocation, const BuildCall& call, const model::BuildSpec& spec) {
  using Method = BuildCall::Method;
  compose::Session& session = *TRY(invocation.session());
  if (call.method == Method::Check && !call.as_json)
    return print_check(invocation, session, spec) == 0 || call.ignore_status ? 0 : 1;
  const auto outline = TRY(session.engine.images().outline(spec, session.cancellation));
  invocation.progress().finish();
  switch (call.method) {
    case Method::Targets:
      fmt::print("{}", call.as_json ? encode_targets(outline) : targets_text(outline));
      return 0;
    case Method::Outline:
      fmt::print("{}", call.as_json ? encode_outline(outline) : outline_text(outline));
      return 0;
    default:
      fmt::print("{}", encode_findings(outline));
      return outline.findings.empty() || call.ignore_status ? 0 : 1;
  }
}

/// In the words of the global `--progress`.
std::string progress_mode(const std::string& wanted) {
  if (wanted == "rawjson") return "json";
  return wanted == "none" ? "quiet" : wanted;
}

}  // namespace

base::Result<int> run_image_build(Invocation& invocation, const Arguments& arguments) {
  BuildFlags flags;
  OptionSet options =
      group_options(invocation, "build", "[OPTIONS] FOLDER|ADDRESS|-", "Build an image from a Dockerfile");
  declare(options, flags);
  options.takes({1, 1}, "build needs a context: a folder, an address or -");
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  const BuildCall call = TRY(parse_build_call(flags.check ? "check" : flags.call));
  const std::string folder = TRY(absolute_path("."));
  model::BuildSpec spec = TRY(make_build_spec(flags, folder, invocation.process_environment()));
  const std::vector<BuildOutput> outputs = TRY(take_outputs(flags, spec));
  TRY(check_secrets(spec));
  sys::UniqueFd stdin_file;
  TRY(set_context(rest->front(), flags.file, spec, stdin_file));
  invocation.quiet_progress = flags.quiet;
  invocation.progress_wanted = progress_mode(flags.progress);
  for (const std::string& flag : flags_without_effect(flags))
    invocation.warn(base::make_error(base::ErrorClass::Unsupported, flag + " has no effect"));
  for (const BuildOutput& output : outputs) {
    for (const std::string& name : output.without_effect)
      invocation.warn(
          base::make_error(base::ErrorClass::Unsupported, fmt::format("--output {}= has no effect", name)));
  }
  if (call.method != BuildCall::Method::Build) return print_call(invocation, call, spec);
  BuildDelivery delivery = TRY(BuildDelivery::prepare(flags, outputs));
  if (delivery.streams() && sys::is_terminal(kStdout))
    return base::fail(base::make_error(base::ErrorClass::Invalid, "an archive is not for a terminal")
                          .with_hint("redirect it, or name a file: dest=FILE"));
  const std::string id = TRY(build_and_deliver(invocation, delivery, std::move(spec)));
  invocation.progress().finish();
  if (!delivery.streams()) fmt::print("{}\n", id);
  return 0;
}

}  // namespace cli
