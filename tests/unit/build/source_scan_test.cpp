// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "runtime/build/source_tree.h"
#include "support/temporary_folder.h"
#include "sys/file.h"

using namespace runtime::build;

namespace {

void write(const std::string& path, const std::string& text) { REQUIRE(sys::write_file(path, text, 0644)); }

std::vector<std::string> scan(const std::string& folder, const std::string& ignore_file = "") {
  const SourceTree tree = open_context(folder, ignore_file).value();
  std::vector<std::string> paths;
  const auto sources = scan_source(tree, ".", {}).value();
  for (const ScannedSource& source : sources) {
    for (const SourceEntry& entry : source.entries) paths.push_back(entry.path);
  }
  return paths;
}

/// "00", "01" ...
std::string number(int value) {
  return {static_cast<char>('0' + value / 10), static_cast<char>('0' + value % 10)};
}

}  // namespace

TEST_CASE("what is found in many folders comes in one order, whoever looked there") {
  const test::TemporaryFolder folder;
  std::vector<std::string> expected{""};
  constexpr int kFolders = 40;
  for (int i = 0; i < kFolders; ++i) {
    const std::string outer = number(i);
    REQUIRE(sys::make_directories(folder.path + "/" + outer + "/below"));
    for (const char* name : {"/a", "/below/b", "/c"}) write(folder.path + "/" + outer + name, "text");
    for (const char* name : {"", "/a", "/below", "/below/b", "/c"}) expected.push_back(outer + name);
    if (i % 10 != 0) continue;
    write(folder.path + "/" + outer + ".txt", "between the folders");
    expected.push_back(outer + ".txt");
  }
  for (int round = 0; round < 20; ++round) CHECK(scan(folder.path) == expected);
}

TEST_CASE("folders that are left out, all but what is taken back in them, look the same in every part") {
  const test::TemporaryFolder folder;
  std::vector<std::string> expected{""};
  for (int i = 0; i < 20; ++i) {
    const std::string name = number(i);
    REQUIRE(sys::make_directories(folder.path + "/" + name));
    write(folder.path + "/" + name + "/left", "out");
    if (i % 2 != 0) continue;
    write(folder.path + "/" + name + "/kept", "in");
    expected.push_back(name);
    expected.push_back(name + "/kept");
  }
  const test::TemporaryFolder outside;
  write(outside.path + "/ignore", "*\n!*/kept\n");
  CHECK(scan(folder.path, outside.path + "/ignore") == expected);
}
