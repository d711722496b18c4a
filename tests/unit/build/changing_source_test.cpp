// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cstdlib>
#include <thread>

#include <catch2/catch.hpp>

#include "runtime/build/copy_files.h"
#include "support/temporary_folder.h"
#include "sys/file.h"

using namespace runtime::build;

namespace {

/// A context with files f and g, another name of f, and a link to f; somebody changes it between the steps of
/// a COPY.
struct ChangingSource {
  test::TemporaryFolder folder;
  std::string context = folder.path + "/context", layer = folder.path + "/layer";

  ChangingSource() {
    REQUIRE(sys::make_directories(layer));
    shell("mkdir " + context);
    shell("echo text > f; echo other > g; ln f same; ln -s f link");
  }
  void shell(const std::string& script) const {
    const std::string inside = sys::path_exists(context) ? "cd " + context + "; " : "";
    REQUIRE(std::system((inside + script).c_str()) == 0);
  }
  SourceTree open() const { return open_context(context, "").value(); }

  base::Result<CopyOutcome> copy(const SourceTree& tree, const std::vector<ScannedSource>& sources) const {
    LayerWriter writer = LayerWriter::open(layer, {}, timespec{}).value();
    const CopyTarget target{.path = "/", .owner = {}, .mode = {}, .parents = false};
    return copy_sources(tree, sources, target, writer, nullptr, base::Cancellation());
  }
};

std::vector<std::string> paths(const std::vector<ScannedSource>& sources) {
  std::vector<std::string> out;
  for (const ScannedSource& source : sources) {
    for (const SourceEntry& entry : source.entries) out.push_back(entry.path);
  }
  return out;
}

/// Ways for the file f not to be there any more.
const std::vector<std::string> kTakenAway = {"rm f", "rm f; mkdir f", "rm f; ln -s g f", "rm f; mkfifo f"};

}  // namespace

TEST_CASE("a file that goes away before it is read is left out") {
  const ChangingSource source;
  const SourceTree tree = source.open();
  auto sources = scan_source(tree, ".", {}).value();
  source.shell(GENERATE(from_range(kTakenAway)));
  REQUIRE(hash_entries(tree, sources));
  CHECK(paths(sources) == std::vector<std::string>{"", "g", "link", "same"});
}

TEST_CASE("so is one that a pattern found, but not one that was named") {
  const ChangingSource source;
  const SourceTree tree = source.open();
  auto found = scan_source(tree, "[fg]", {}).value();
  auto named = scan_source(tree, "f", {}).value();
  source.shell(GENERATE(from_range(kTakenAway)));
  REQUIRE(hash_entries(tree, found));
  CHECK(paths(found) == std::vector<std::string>{"g"});
  const auto hashed = hash_entries(tree, named);
  REQUIRE_FALSE(hashed);
  CHECK(hashed.error().message == "'f' went away while it was read");
}

TEST_CASE("a file that goes away before it is copied is left out, and the copy is not what was scanned") {
  const ChangingSource source;
  const SourceTree tree = source.open();
  auto sources = scan_source(tree, ".", {}).value();
  REQUIRE(hash_entries(tree, sources));
  source.shell(GENERATE(from_range(kTakenAway)));
  CHECK(source.copy(tree, sources).value() == CopyOutcome::Changed);
  CHECK_FALSE(sys::path_exists(source.layer + "/f"));
  CHECK(sys::read_file(source.layer + "/same").value() == "text\n");
  CHECK(sys::read_file(source.layer + "/g").value() == "other\n");
}

TEST_CASE("somebody at work in a folder does not keep it from being copied") {
  const ChangingSource source;
  source.shell("mkdir -p d/e");
  std::atomic<bool> enough = false;
  std::jthread other([&] {
    while (!enough) {
      static_cast<void>(
          std::system(("cd " + source.context +
                       "/d; echo x > new; ln -s x link; rm -r new link e; mkdir e; echo y > e/y; "
                       "rm -r e; echo z > e; rm e; ln -s . e; rm e; mkdir e")
                          .c_str()));
    }
  });
  const SourceTree tree = source.open();
  for (int i = 0; i < 300; ++i) {
    const std::string pattern = i % 2 == 0 ? "." : "d/*";
    auto sources = scan_source(tree, pattern, {});
    if (!sources) FAIL(base::to_text(sources.error()));
    const auto hashed = hash_entries(tree, *sources);
    if (!hashed) FAIL(base::to_text(hashed.error()));
    static_cast<void>(std::system(("rm -rf " + source.layer + "/*").c_str()));
    if (i % 10 != 0) continue;
    const auto copied = source.copy(tree, *sources);
    if (!copied) FAIL(base::to_text(copied.error()));
  }
  enough = true;
}
