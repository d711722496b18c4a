// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/socket.h>

#include <thread>

#include <catch2/catch.hpp>

#include "integration/build/image_text.h"
#include "runtime/build/git_source.h"
#include "support/build_fixture.h"
#include "support/git_daemon.h"

namespace {

/// A builder whose downloads come from a table.
struct RemoteFixture : test::BuildFixture {
  std::map<std::string, std::string> pages;
  int downloads = 0;

  RemoteFixture() {
    builder.set_url_source([this](const std::string& url, int fd,
                                  const base::Cancellation&) -> base::Result<runtime::build::Download> {
      ++downloads;
      const auto page = pages.find(url);
      if (page == pages.end()) return base::fail(base::ErrorClass::NotFound, "the server says 404");
      TRY(sys::write_all(fd, page->second));
      return runtime::build::Download{.last_modified = "Sun, 06 Nov 1994 08:49:37 GMT"};
    });
  }
  std::string files(const std::string& id) {
    const auto image = images->find(id).value();
    const auto tree = runtime::build::LayeredTree::open(snapshots->lower_dirs(image.layers).value(),
                                                        runtime::build::OverlayMarks::Honour)
                          .value();
    return build_test::root_changes({}, build_test::list_root(tree));
  }
};

}  // namespace

TEST_CASE("ADD downloads a file, checks it, and knows it again by its content") {
  RemoteFixture fixture;
  fixture.pages["https://example.com/a/file%20x.txt?v=1"] = "hello\n";
  const std::string sum = "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
  const std::string dockerfile =
      "FROM scratch\nADD --checksum=" + sum +
      " https://example.com/a/file%20x.txt?v=1 /dir/\nADD --chmod=0644 --chown=1:2 "
      "https://example.com/a/file%20x.txt?v=1 /named\n";
  const std::string id = fixture.must_build(dockerfile);
  CHECK(fixture.files(id) ==
        "/dir d 0755 0:0\n/dir/file x.txt f 0600 0:0 6 5891b5b5 @784111777\n"
        "/named f 0644 1:2 6 5891b5b5 @784111777\n");
  CHECK(fixture.must_build(dockerfile) == id);
  CHECK(fixture.downloads == 4);
  fixture.pages["https://example.com/a/file%20x.txt?v=1"] = "other\n";
  CHECK(fixture.must_fail(dockerfile)
            .find("has the checksum sha256:7e4fa2eb8c7ac089739d5defc4489fad68a100d92082ca35c6b40a4"
                  "524821f87, not " +
                  sum + "\n") != std::string::npos);
}

TEST_CASE("what a download can go wrong with") {
  RemoteFixture fixture;
  CHECK(fixture.must_fail("FROM scratch\nADD https://example.com/none /\n") ==
        "Dockerfile (inline):2:5: error: the server says 404\n"
        "    2 | ADD https://example.com/none /\n"
        "      |     ^~~~~~~~~~~~~~~~~~~~~~~~\n"
        "  while downloading https://example.com/none\n");
  fixture.pages["https://example.com/"] = "x";
  CHECK(fixture.must_fail("FROM scratch\nADD https://example.com/ /dir/\n") ==
        "Dockerfile (inline):2:5: error: https://example.com/ names no file\n"
        "    2 | ADD https://example.com/ /dir/\n"
        "      |     ^~~~~~~~~~~~~~~~~~~~\n"
        "  hint: give a target that does not end with /\n");
  fixture.pages["https://example.com/%2e%2e%2fx"] = "x";
  CHECK(fixture.must_fail("FROM scratch\nADD https://example.com/%2e%2e%2fx /dir/\n").find("names no file") !=
        std::string::npos);
}

TEST_CASE("ADD and the context read a Git repository") {
  RemoteFixture fixture;
  fixture.shell(
      "mkdir -p ../git/repo.git ../tree/sub; cd ../tree; git init -q -b master .; echo one > sub/f; echo "
      "FROM scratch "
      "> Dockerfile; "
      "echo 'COPY sub /s' >> Dockerfile; git add .; git -c user.name=t -c user.email=t@t commit -qm one; git "
      "tag v1; "
      "echo two > sub/f; git -c user.name=t -c user.email=t@t commit -qam two; git clone -q --bare . "
      "../git/repo.git");
  const test::GitDaemon daemon(fixture.folder.path + "/git");
  const std::string address = "git://127.0.0.1:" + std::to_string(daemon.port) + "/repo.git";
  CHECK(fixture.files(fixture.must_build("FROM scratch\nADD " + address + "#v1:sub /r\n")) ==
        "/r d 0755 0:0\n/r/f f 0644 0:0 4 2c8b08da\n");
  CHECK(fixture.must_fail("FROM scratch\nADD " + address + "#v1:none /r\n").find("has no folder 'none'") !=
        std::string::npos);
  const std::string two = "/r d 0755 0:0\n/r/f f 0644 0:0 4 27dd8ed4\n";
  CHECK(fixture.files(
            fixture.must_build("FROM scratch\nADD " + address + "?branch=master&subdir=sub /r\n")) == two);
  CHECK(fixture.files(fixture.must_build("FROM scratch\nADD " + address + "?tag=v1&subdir=sub /r\n")) != two);
  const std::string kept =
      fixture.must_build("FROM scratch\nADD --keep-git-dir=true " + address + "#v1 /r\n");
  CHECK(fixture.files(kept).find("/r/.git/HEAD f ") != std::string::npos);
  CHECK(fixture.files(fixture.must_build("FROM scratch\nADD " + address + "#v1 /r\n")).find(".git") ==
        std::string::npos);
  fixture.spec.additional_contexts = {{"repo", address + "#:sub"}};
  CHECK(fixture.files(fixture.must_build("FROM scratch\nCOPY --from=repo . /r\n")) == two);
  fixture.spec.context = address;
  fixture.spec.dockerfile_inline.clear();
  const auto image = fixture.builder.build(fixture.spec, {}, {});
  REQUIRE(image);
  CHECK(fixture.files(image->id) == "/s d 0755 0:0\n/s/f f 0644 0:0 4 27dd8ed4\n");
}

TEST_CASE("submodules come with their repository, and leave no trace of git") {
  RemoteFixture fixture;
  const std::string commit =
      "git -c user.name=t -c user.email=t@t -c protocol.file.allow=always commit -qam ";
  fixture.shell(
      "mkdir -p ../git ../inner ../outer ../top\n"
      "cd ../inner; git init -q -b master .; echo inner > i; git add .; " +
      commit +
      "i\n"
      "git clone -q --bare . ../git/inner.git\n"
      "cd ../outer; git init -q -b master .; echo outer > o\n"
      "git -c protocol.file.allow=always submodule --quiet add ../inner deep; git config -f .gitmodules "
      "submodule.deep.url ../inner.git; git add .; " +
      commit +
      "o\n"
      "git clone -q --bare . ../git/outer.git\n"
      "cd ../top; git init -q -b master .; echo top > t\n"
      "git -c protocol.file.allow=always submodule --quiet add ../outer sub; git config -f .gitmodules "
      "submodule.sub.url ../outer.git; git add .; " +
      commit +
      "t\n"
      "git clone -q --bare . ../git/top.git\n"
      "cp -r ../git/top.git ../git/evil.git; cd ../top; git config -f .gitmodules submodule.sub.url "
      "file://$PWD/../git/outer.git; git add .; " +
      commit +
      "e; git push -q ../git/evil.git master\n"
      "git rev-parse HEAD~1 > ../commit\n");
  const test::GitDaemon daemon(fixture.folder.path + "/git");
  const std::string address = "git://127.0.0.1:" + std::to_string(daemon.port) + "/top.git";
  const std::string all = fixture.files(fixture.must_build("FROM scratch\nADD " + address + " /r\n"));
  CHECK(all.find("/r/sub/deep/i f 0644 0:0 6 ") != std::string::npos);
  CHECK(all.find("/r/sub/o f 0644 0:0 6 ") != std::string::npos);
  CHECK(all.find("/r/t f 0644 0:0 4 ") != std::string::npos);
  CHECK(all.find(".git ") == std::string::npos);
  CHECK(all.find(".git/") == std::string::npos);
  const std::string bare =
      fixture.files(fixture.must_build("FROM scratch\nADD " + address + "?submodules=false /r\n"));
  CHECK(bare.find("/r/sub d 0755 0:0\n/r/t f") != std::string::npos);
  const std::string kept =
      fixture.files(fixture.must_build("FROM scratch\nADD " + address + "?keep-git-dir=1&submodules=0 /r\n"));
  CHECK(kept.find("/r/.git/HEAD f") != std::string::npos);
  CHECK(kept.find("FETCH_HEAD") == std::string::npos);
  const std::string evil = fixture.must_fail(
      "FROM scratch\nADD git://127.0.0.1:" + std::to_string(daemon.port) + "/evil.git /r\n");
  CHECK(evil.find("transport 'file' not allowed") != std::string::npos);
}

TEST_CASE("a commit can be demanded of a repository") {
  RemoteFixture fixture;
  fixture.shell(
      "mkdir -p ../git ../tree; cd ../tree; git init -q -b master .; echo 1 > f; git add .\n"
      "export GIT_AUTHOR_DATE=2024-01-01T00:00:00Z GIT_COMMITTER_DATE=2024-01-01T00:00:00Z\n"
      "git -c user.name=t -c user.email=t@t commit -qm one; git -c user.name=t -c user.email=t@t tag -a v1 "
      "-m v\n"
      "echo 2 > f; git -c user.name=t -c user.email=t@t commit -qam two; git clone -q --bare . "
      "../git/repo.git; git rev-parse HEAD~1 > ../commit");
  const std::string commit = sys::read_file(fixture.folder.path + "/commit").value().substr(0, 40);
  const test::GitDaemon daemon(fixture.folder.path + "/git");
  const std::string address = "git://127.0.0.1:" + std::to_string(daemon.port) + "/repo.git";
  const auto built = [&](const std::string& add) {
    return fixture.files(fixture.must_build("FROM scratch\nADD " + add + " /r\n"));
  };
  const std::string one = built(address + "#v1");
  // By its whole name, by its first digits, and behind a tag.
  CHECK(built(address + "#" + commit) == one);
  CHECK(built(address + "#" + commit.substr(0, 8)) == one);
  CHECK(built(address + "?tag=v1&checksum=" + commit.substr(0, 10)) == one);
  CHECK(built(address + "?commit=" + commit) == one);
  CHECK(built("--checksum=" + commit + " " + address + "#v1") == one);
  const std::string other =
      fixture.must_fail("FROM scratch\nADD --checksum=" + commit + " " + address + " /r\n");
  CHECK(other.find(address + " is the commit ") != std::string::npos);
  CHECK(other.find(", not " + commit) != std::string::npos);
  const std::string none = fixture.must_fail("FROM scratch\nADD " + address + "#deadbeef /r\n");
  CHECK(none.find("git fetch failed") != std::string::npos);
}

TEST_CASE("a cancelled fetch leaves no helper of git's behind") {
  const test::TemporaryFolder folder;
  int port = 0;
  const sys::UniqueFd server = test::listen_on_loopback(0, port);
  const std::string url = "http://127.0.0.1:" + std::to_string(port) + "/r.git";
  const base::Cancellation cancellation;
  base::Result<runtime::build::GitCheckout> fetched;
  sys::UniqueFd helper;
  {
    const std::jthread fetching([&] {
      fetched = runtime::build::fetch_git(
          {.repository = url}, {.target = folder.path + "/r", .memory = folder.path}, cancellation);
    });
    helper = sys::UniqueFd(::accept4(server.value(), nullptr, nullptr, SOCK_CLOEXEC));
    cancellation.request();
  }
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().error_class == base::ErrorClass::Cancelled);
  // Nothing is ever answered, so the connection closes with the process that made it.
  std::string room(4096, '\0');
  std::size_t count = 1;
  while (count > 0) {
    pollfd wait{.fd = helper.value(), .events = POLLIN, .revents = 0};
    REQUIRE(::poll(&wait, 1, 10'000) == 1);
    count = sys::read_some(helper.value(), room).value_or(0);
  }
}

TEST_CASE("no other protocol and no option gets to git") {
  RemoteFixture fixture;
  for (const char* address : {"ssh://-oProxyCommand=touch${IFS}x/r.git", "git@-x:r.git"}) {
    CHECK_FALSE(fixture.build(std::string("FROM scratch\nADD ") + address + " /r\n"));
  }
  CHECK_FALSE(fixture.build("FROM scratch\nADD git@host:r.git#--upload-pack=x /r\n"));
}

TEST_CASE("a password in an address is neither shown nor kept") {
  RemoteFixture fixture;
  fixture.pages["https://sesame@example.com/f"] = "x";
  fixture.must_build("FROM scratch\nADD https://sesame@example.com/f /\n");
  CHECK(fixture.steps() == std::vector<std::string>{"[2/2] ADD https://***@example.com/f /"});
  const std::string kept = "grep -rqa sesame " + fixture.folder.path;
  CHECK(std::system(kept.c_str()) != 0);
  fixture.spec.args["T"] = "sesame";
  for (const std::string name : {"none", "r.git"}) {
    const std::string text =
        fixture.must_fail("FROM scratch\nARG T\nADD http://u:${T}@127.0.0.1:1/" + name + " /\n");
    CHECK(text.find("http://***@127.0.0.1:1/" + name) != std::string::npos);
    CHECK(text.find("sesame") == std::string::npos);
  }
  fixture.spec.context = "http://u:sesame@127.0.0.1:1/r.git";
  CHECK(fixture.must_fail("FROM scratch\n").find("sesame") == std::string::npos);
}
