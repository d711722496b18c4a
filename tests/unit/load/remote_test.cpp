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

/// A repository, a project that refers to it, and every git command that loading ran.
struct RemoteProject {
  test::TemporaryFolder folder;
  std::filesystem::path root = folder.path;
  std::string url = "file://" + (root / "repository").string();
  std::vector<std::string> calls;

  RemoteProject() { make_repository(root / "repository"); }

  base::Result<load::Loaded> load(const std::string& text) {
    write(root / "project/compose.yaml", text);
    calls.clear();
    load::LoadOptions options;
    options.working_directory = (root / "project").string();
    const load::DiskFileSource files((root / "cache").string(), [this](const auto& arguments) {
      for (const std::string& word : arguments) {
        if (word == "ls-remote" || word == "fetch") calls.push_back(word);
      }
      return run(arguments);
    });
    return load::load_project(options, files);
  }

  std::size_t kept() const {
    const std::filesystem::path cache = root / "cache/git";
    if (!std::filesystem::exists(cache)) return 0;
    const auto entries = std::filesystem::recursive_directory_iterator(cache);
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
  }
};

using Calls = std::vector<std::string>;

}  // namespace

TEST_CASE("include and extends take files from a git repository") {
  if (!run({"git", "--version"})) return;  // no git here
  RemoteProject project;
  const std::string text = fmt::format(
      "include: ['{0}#main']\nservices:\n  web:\n    extends: {{file: '{0}#main:sub/base.yaml', service: "
      "base}}\n",
      project.url);
  const auto loaded = project.load(text);
  if (!loaded) FAIL(base::to_text(loaded.error()));
  const auto& services = loaded->project.services;
  CHECK(services.at("web").build->spec.context.starts_with((project.root / "cache/git").string()));
  CHECK(services.at("web").build->spec.context.ends_with("/sub/ctx"));
  CHECK(services.at("shared").mounts.at(0).source.ends_with("/data"));
  CHECK(project.calls == Calls{"ls-remote", "fetch"});

  SECTION("a branch is asked for once, its commit is fetched once") {
    REQUIRE(project.load(text));
    CHECK(project.calls == Calls{"ls-remote"});
  }
  SECTION("a branch that moved is fetched again") {
    write(project.root / "repository/compose.yaml", "services: {moved: {image: i}}\n");
    const std::string repository = (project.root / "repository").string();
    REQUIRE(run({"git", "-C", repository, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit",
                 "-qam", "n"}));
    const auto again = project.load(fmt::format("include: ['{}']\n", project.url));
    if (!again) FAIL(base::to_text(again.error()));
    CHECK(again->project.services.contains("moved"));
    CHECK(project.calls == Calls{"ls-remote", "fetch"});
  }
  SECTION("a commit that is here is not asked for") {
    const auto head = run({"git", "-C", (project.root / "repository").string(), "rev-parse", "HEAD"});
    REQUIRE(head);
    REQUIRE(project.load(fmt::format("include: ['{}#{}']\n", project.url, base::trim(*head))));
    CHECK(project.calls.empty());
  }
}

TEST_CASE("a remote file that cannot be had is an error at its place and leaves nothing behind") {
  if (!run({"git", "--version"})) return;  // no git here
  RemoteProject project;
  const auto no_ref = project.load(fmt::format("include: ['{}#nope']\n", project.url));
  REQUIRE(!no_ref);
  CHECK(no_ref.error().error_class == base::ErrorClass::NotFound);
  CHECK(no_ref.error().message == project.url + " has no branch or tag nope");
  REQUIRE(no_ref.error().location);
  CHECK(no_ref.error().location->line == 1);
  CHECK(project.kept() == 0);

  const auto gone = project.load("include: ['file:///nowhere/at/all']\n");
  REQUIRE(!gone);
  CHECK(gone.error().error_class == base::ErrorClass::Unavailable);
  CHECK(gone.error().message.starts_with("cannot fetch from file:///nowhere/at/all: "));
  CHECK(project.kept() == 0);

  const auto login = project.load("include: ['http://u:sesame@127.0.0.1:1/r.git']\n");
  REQUIRE(!login);
  CHECK(login.error().message.starts_with("cannot fetch from http://***@127.0.0.1:1/r.git: "));
  CHECK(login.error().message.find("sesame") == std::string::npos);

  const std::string commit(40, 'a');
  const auto no_commit = project.load(fmt::format("include: ['{}#{}']\n", project.url, commit));
  REQUIRE(!no_commit);
  CHECK(no_commit.error().error_class == base::ErrorClass::Unavailable);
  CHECK(project.kept() == 0);
}

TEST_CASE("links of a repository cannot lead out of it") {
  if (!run({"git", "--version"})) return;  // no git here
  RemoteProject project;
  const std::filesystem::path repository = project.root / "repository";
  write(project.root / "secret", "a password: {\n");
  std::filesystem::create_symlink(project.root / "secret", repository / "evil.yaml");
  std::filesystem::create_symlink("sub/base.yaml", repository / "good.yaml");
  write(repository / "env.yaml", "services: {a: {image: i, env_file: evil.yaml}}\n");
  write(repository / "extends.yaml", "services: {a: {image: i, extends: {file: evil.yaml, service: a}}}\n");
  write(repository / "bad.yaml", "services: 1\n");
  const std::string text = repository.string();
  REQUIRE(run({"git", "-C", text, "add", "-A"}));
  REQUIRE(
      run({"git", "-C", text, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "n"}));

  CHECK(project.load(fmt::format("include: ['{}#main:good.yaml']\n", project.url)));
  for (const std::string file : {"evil.yaml", "env.yaml", "extends.yaml"}) {
    INFO(file);
    const auto loaded = project.load(fmt::format("include: ['{}#main:{}']\n", project.url, file));
    REQUIRE(!loaded);
    const std::string shown = base::to_text(loaded.error());
    INFO(shown);
    CHECK(shown.find("#main:evil.yaml is a link that leads out of its repository") != std::string::npos);
    CHECK(shown.find("password") == std::string::npos);
  }
  const auto bad = project.load(fmt::format("include: ['{}#main:bad.yaml']\n", project.url));
  REQUIRE(!bad);
  CHECK(base::to_text(bad.error()).starts_with(project.url + "#main:bad.yaml:1:"));
}

TEST_CASE("git repositories can be switched off") {
  load::LoadOptions options;
  options.working_directory = "/src/work";
  options.environment = {{"COMPOSE_EXPERIMENTAL_GIT_REMOTE", "false"}};
  const std::map<std::string, std::string> texts{
      {"/src/work/compose.yaml", "include: ['https://example.com/a.git']\n"}};
  const load::MemoryFileSource files(texts);
  const auto loaded = load::load_project(options, files);
  REQUIRE(!loaded);
  CHECK(loaded.error().hint == "COMPOSE_EXPERIMENTAL_GIT_REMOTE switches git repositories off");
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
