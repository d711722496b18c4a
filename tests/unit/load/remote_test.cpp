// SPDX-License-Identifier: Apache-2.0
// Included and extended files from a git repository on the disk, by the git command.
#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "base/split.h"
#include "compose/load/load.h"
#include "support/temporary_folder.h"

using namespace compose;

namespace {

/// Runs a command line for the test; its output.
base::Result<std::string> run(const std::vector<std::string>& arguments) {
  std::string line;
  for (const std::string& argument : arguments) line += "'" + argument + "' ";
  FILE* pipe = ::popen((line + "2>&1").c_str(), "r");
  if (pipe == nullptr) return base::fail(base::ErrorClass::Internal, "popen");
  std::string output;
  std::array<char, 4096> buffer;
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    output.append(buffer.data(), count);
  if (::pclose(pipe) != 0) return base::fail(base::ErrorClass::Internal, std::string(base::trim(output)));
  return output;
}

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

void make_repository(const std::filesystem::path& folder) {
  write(folder / "compose.yaml", "services: {shared: {image: shared, volumes: ['./data:/data']}}\n");
  write(folder / "sub/base.yaml", "services: {base: {image: base, build: ./ctx}}\n");
  const std::string text = folder.string();
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"git", "-C", text, "init", "-q", "-b", "main"},
        {"git", "-C", text, "add", "-A"},
        {"git", "-C", text, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m",
         "m"}}) {
    const auto done = run(arguments);
    if (!done) FAIL(base::to_text(done.error()));
  }
}

}  // namespace

TEST_CASE("include and extends take files from a git repository") {
  if (!run({"git", "--version"})) return;  // no git here
  const test::TemporaryFolder folder;
  const std::filesystem::path root = folder.path;
  make_repository(root / "repository");
  const std::string url = "file://" + (root / "repository").string();
  write(root / "project/compose.yaml", fmt::format("include: ['{0}#main']\nservices:\n  web:\n    extends: "
                                                   "{{file: '{0}#main:sub/base.yaml', service: base}}\n",
                                                   url));
  load::LoadOptions options;
  options.working_directory = (root / "project").string();
  const load::DiskFileSource files((root / "cache").string(), run);
  const auto loaded = load::load_project(options, files);
  if (!loaded) FAIL(base::to_text(loaded.error()));
  const auto& services = loaded->project.services;
  CHECK(services.at("web").build->spec.context.starts_with((root / "cache/git").string()));
  CHECK(services.at("web").build->spec.context.ends_with("/sub/ctx"));
  CHECK(services.at("shared").mounts.at(0).source.ends_with("/data"));

  write(root / "project/compose.yaml", fmt::format("include: ['{}#nope']\n", url));
  const auto missing = load::load_project(options, files);
  REQUIRE(!missing);
  CHECK(missing.error().error_class == base::ErrorClass::Unavailable);
  REQUIRE(missing.error().location);
  CHECK(missing.error().location->line == 1);
  CHECK(missing.error().context.at(0) == fmt::format("fetching {}#nope", url));
}

TEST_CASE("a remote file is refused when nothing can fetch it") {
  load::LoadOptions options;
  options.working_directory = "/src/work";
  const std::map<std::string, std::string> texts{
      {"/src/work/compose.yaml", "include: ['https://example.com/a.git']\n"}};
  const load::MemoryFileSource files(texts);
  const auto loaded = load::load_project(options, files);
  REQUIRE(!loaded);
  CHECK(loaded.error().error_class == base::ErrorClass::Unsupported);
}
