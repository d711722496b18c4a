// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "runtime/build/git_address.h"
#include "runtime/build/remote_source.h"

using runtime::build::GitAddress;
using runtime::build::parse_git_address;

namespace {

std::string shown(const std::string& text) {
  const auto address = parse_git_address(text);
  if (!address) return address.error().message;
  std::string out =
      address->repository + " " + address->ref + " " + address->folder + " " + address->checksum;
  if (!address->submodules) out += " alone";
  if (address->keep_git_folder) out += *address->keep_git_folder ? " keep" : " drop";
  return out;
}

}  // namespace

TEST_CASE("what an address of a repository says") {
  CHECK(shown("https://h/r.git") == "https://h/r.git   ");
  CHECK(shown("https://h/r.git#main:a/b") == "https://h/r.git main a/b ");
  CHECK(shown("git@h:r#:sub") == "git@h:r  sub ");
  CHECK(shown("github.com/u/r#v1") == "https://github.com/u/r v1  ");
  CHECK(shown("https://h/r.git?branch=b&subdir=d") == "https://h/r.git refs/heads/b d ");
  CHECK(shown("https://h/r.git?tag=refs/tags/t") == "https://h/r.git refs/tags/t  ");
  CHECK(shown("https://h/r.git?ref=pull/42/head&submodules=false&keep-git-dir") ==
        "https://h/r.git pull/42/head   alone keep");
  CHECK(shown("https://h/r.git?commit=ABCDEF0&keep-git-dir=0&submodules=1") ==
        "https://h/r.git abcdef0  abcdef0 drop");
  CHECK(shown("https://h/r.git?tag=t&checksum=abcdef0") == "https://h/r.git refs/tags/t  abcdef0");
  CHECK(shown("https://h/r.git?commit=abcd&checksum=abcdef") == "https://h/r.git abcdef  abcdef");
}

TEST_CASE("what makes no sense in an address is said") {
  CHECK(shown("https://h/r.git?branche=b") == "the Git address has an unknown query 'branche'");
  CHECK(shown("https://h/r.git?tag=") == "the Git address has no value for tag");
  CHECK(shown("https://h/r.git?tag=a&tag=b") == "the Git address has several values for tag");
  CHECK(shown("https://h/r.git?tag=a&branch=b") ==
        "the Git address names a branch and a tag: one of them is enough");
  CHECK(shown("https://h/r.git?ref=a#b") == "the Git address has two values for the ref: b and a");
  CHECK(shown("https://h/r.git?subdir=a#b:c") == "the Git address has two values for the folder: c and a");
  CHECK(shown("https://h/r.git?submodules=maybe") ==
        "the Git address has submodules=maybe, which is neither true nor false");
  CHECK(shown("https://h/r.git?checksum=sha256:00") ==
        "the Git address cannot have the checksum 'sha256:00'");
  CHECK(shown("https://h/r.git?checksum=aaaa&commit=bbbb") ==
        "the Git address has two checksums: aaaa and bbbb");
}

TEST_CASE("which sources are repositories") {
  using runtime::build::source_kind;
  using runtime::build::SourceKind;
  for (const char* text : {"git@h:r", "me@host.example:path/r", "ssh://h/r", "git://h/r", "github.com/u/r",
                           "https://h/r.git", "http://h/r.git?tag=v1#x"}) {
    INFO(text);
    CHECK(source_kind(text) == SourceKind::Git);
  }
  for (const char* text : {"a@b", "a@b/c:d", "@h:r", "a b@h:r", "./git@h", "C:x"}) {
    INFO(text);
    CHECK(source_kind(text) == SourceKind::Path);
  }
  CHECK(source_kind("https://h/x.tar") == SourceKind::Url);
}
