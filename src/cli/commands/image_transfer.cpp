// SPDX-License-Identifier: Apache-2.0
// Images to and from registries, and their names.
#include <fmt/format.h>

#include "cli/commands/image.h"
#include "cli/image_work.h"
#include "model/image_reference.h"

namespace cli {
namespace {

/// Prints what was done, one name a line, once the progress is over; then what was not is an error.
base::Result<int> finish(Invocation& invocation, const std::vector<std::string>& done,
                         std::vector<base::Error> errors) {
  invocation.progress().finish();
  for (const std::string& name : done) fmt::print("{}\n", name);
  if (!errors.empty()) return base::fail(base::join_errors(std::move(errors)));
  return 0;
}

/// "registry/repository", as people write it.
std::string repository_of(const model::ImageReference& reference) {
  const std::string text = reference.familiar_text();
  return text.substr(0, text.size() - reference.tag.size() - 1);
}

base::Result<std::string> need_repository(const std::string& name) {
  const auto reference = TRY(model::ImageReference::parse(name));
  if (!reference.digest && !name.ends_with(":" + reference.tag)) return repository_of(reference);
  return base::fail(base::ErrorClass::Invalid,
                    fmt::format("--all-tags takes a name without a tag, not {}", name));
}

base::Result<std::vector<std::string>> tags_of_registry(compose::Session& session, const std::string& name) {
  const std::string repository = TRY(need_repository(name));
  std::vector<std::string> out;
  for (const std::string& tag : TRY(session.engine.images().remote_tags(repository, session.cancellation)))
    out.push_back(fmt::format("{}:{}", repository, tag));
  if (!out.empty()) return out;
  return base::fail(base::ErrorClass::NotFound, fmt::format("the registry has no tags of {}", repository));
}

base::Result<std::vector<std::string>> tags_here(compose::Session& session, const std::string& name) {
  const std::string repository = TRY(need_repository(name));
  std::vector<std::string> out;
  for (const model::ObservedImage& image : TRY(session.engine.images().list())) {
    for (const std::string& tag : image.tags) {
      const auto reference = model::ImageReference::parse(tag);
      if (reference && repository_of(*reference) == repository) out.push_back(tag);
    }
  }
  if (!out.empty()) return out;
  return base::fail(base::ErrorClass::NotFound,
                    fmt::format("there is no image with the name {}", repository));
}

}  // namespace

base::Result<int> run_image_pull(Invocation& invocation, const Arguments& arguments) {
  engine_client::PullOptions wanted;
  bool quiet = false, all_tags = false;
  OptionSet options = group_options(invocation, "pull", "[OPTIONS] IMAGE...", "Pull images from a registry");
  options.flag("-a,--all-tags", all_tags, "All tags that the registry has of the names")
      .text("--platform", wanted.platform, "os/arch[/variant]")
      .flag("-q,--quiet", quiet, "No progress")
      .ignored_flag("--disable-content-trust")
      .takes({1, kAnyNumber}, "pull needs an image");
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  invocation.quiet_progress = quiet;
  compose::Session& session = *TRY(invocation.session());
  std::vector<std::string> names, done;
  for (const std::string& name : *rest) {
    const auto tags = all_tags ? TRY(tags_of_registry(session, name)) : std::vector{name};
    names.insert(names.end(), tags.begin(), tags.end());
  }
  std::vector<base::Error> errors;
  for (const std::string& name : names) {
    const auto reference = TRY(model::ImageReference::parse(name));
    ImageWork work(invocation, name, compose::plan::PullImage{name, wanted.platform});
    auto pulled = work.end(session.engine.images().pull(name, wanted, work.sink(), session.cancellation));
    if (pulled) {
      done.push_back(reference.canonical_text());
    } else {
      errors.push_back(std::move(pulled).error());
    }
  }
  return finish(invocation, done, std::move(errors));
}

base::Result<int> run_image_push(Invocation& invocation, const Arguments& arguments) {
  bool quiet = false, all_tags = false;
  std::string platform;
  OptionSet options = group_options(invocation, "push", "[OPTIONS] IMAGE...", "Push images to a registry");
  options.flag("-a,--all-tags", all_tags, "All tags that the names have here")
      .text("--platform", platform, "os/arch[/variant] that the images must have")
      .flag("-q,--quiet", quiet, "No progress")
      .ignored_flag("--disable-content-trust")
      .takes({1, kAnyNumber}, "push needs an image");
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  invocation.quiet_progress = quiet;
  compose::Session& session = *TRY(invocation.session());
  std::vector<std::string> names, done;
  for (const std::string& name : *rest) {
    const auto tags = all_tags ? TRY(tags_here(session, name)) : std::vector{name};
    names.insert(names.end(), tags.begin(), tags.end());
  }
  std::vector<base::Error> errors;
  for (const std::string& name : names) {
    const auto reference = TRY(model::ImageReference::parse(name));
    if (!platform.empty()) TRY(inspect_image(session.engine, name, platform));
    ImageWork work(invocation, name, compose::plan::PushImage{name});
    auto pushed = work.end(session.engine.images().push(name, work.sink(), session.cancellation));
    if (!pushed) {
      errors.push_back(std::move(pushed).error());
    } else if (quiet) {
      done.push_back(reference.canonical_text());
    }
  }
  return finish(invocation, done, std::move(errors));
}

base::Result<int> run_image_tag(Invocation& invocation, const Arguments& arguments) {
  OptionSet options = group_options(invocation, "tag", "IMAGE REFERENCE", "Give an image a further name");
  options.takes({2, 2}, "tag needs an image and a reference");
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  TRY(TRY(invocation.engine())->images().tag(rest->at(0), rest->at(1)));
  return 0;
}

}  // namespace cli
