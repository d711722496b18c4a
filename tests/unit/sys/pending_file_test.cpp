// SPDX-License-Identifier: Apache-2.0
#include "sys/pending_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <filesystem>

#include "sys/file.h"
#include "sys/file_lock.h"

namespace {

struct Folder {
  std::string path;
  mode_t umask_before = ::umask(022);
  Folder() {
    std::string name = "/tmp/pending-file-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() {
    ::umask(umask_before);
    std::filesystem::remove_all(path);
  }
  std::string operator/(const std::string& name) const { return path + "/" + name; }
  std::vector<std::string> names() const { return sys::list_directory(path).value(); }
};

std::string read(const std::string& path) { return sys::read_file(path).value(); }

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

base::Result<> write(const std::string& path, std::string_view text) {
  sys::PendingFile file = TRY(sys::PendingFile::create(path));
  TRY(sys::write_all(file.fd(), text));
  return file.commit();
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a pending file takes its name once it is committed") {
  const Folder folder;
  {
    auto file = sys::PendingFile::create(folder / "a");
    REQUIRE(file);
    REQUIRE(sys::write_all(file->fd(), "one"));
    CHECK(folder.names().empty());
    REQUIRE(file->commit());
  }
  CHECK(read(folder / "a") == "one");
  CHECK(mode_of(folder / "a") == 0644);
  CHECK(folder.names() == Names{"a"});
}

TEST_CASE("what has the name stays until then, and hands on its mode") {
  const Folder folder;
  REQUIRE(sys::write_file(folder / "a", "before", 0600));
  {
    auto file = sys::PendingFile::create(folder / "a");
    REQUIRE(file);
    REQUIRE(sys::write_all(file->fd(), "half"));
  }
  CHECK(read(folder / "a") == "before");
  REQUIRE(write(folder / "a", "after"));
  CHECK(read(folder / "a") == "after");
  CHECK(mode_of(folder / "a") == 0600);
  CHECK(folder.names() == Names{"a"});
}

TEST_CASE("a new file has the mode that is asked for, without the umask") {
  const Folder folder;
  auto file = sys::PendingFile::create(folder / "a", 0600);
  REQUIRE(file);
  REQUIRE(file->commit());
  CHECK(mode_of(folder / "a") == 0600);
}

TEST_CASE("where everybody may write, nothing of another user is followed or replaced") {
  const Folder folder;
  const uid_t other = 1234;
  REQUIRE(sys::make_directories(folder / "shared"));
  REQUIRE(sys::write_file(folder / "secret", "secret"));
  const std::string name = folder / "shared/name";
  SECTION("a link") {
    REQUIRE(::symlink("../secret", name.c_str()) == 0);
    REQUIRE(::lchown(name.c_str(), other, other) == 0);
  }
  SECTION("a link to a missing file") {
    REQUIRE(::symlink("../missing", name.c_str()) == 0);
    REQUIRE(::lchown(name.c_str(), other, other) == 0);
  }
  SECTION("a file") {
    REQUIRE(sys::write_file(name, "before"));
    REQUIRE(::chown(name.c_str(), other, other) == 0);
  }
  REQUIRE(::chmod((folder / "shared").c_str(), 01777) == 0);
  const auto file = sys::PendingFile::create(name);
  REQUIRE_FALSE(file);
  CHECK(file.error().error_class == base::ErrorClass::Permission);
  CHECK(read(folder / "secret") == "secret");
  REQUIRE(::chmod((folder / "shared").c_str(), 0755) == 0);
  CHECK(write(name, "after"));
}

TEST_CASE("a name that somebody else takes meanwhile is replaced") {
  const Folder folder;
  auto file = sys::PendingFile::create(folder / "a");
  REQUIRE(file);
  REQUIRE(sys::write_file(folder / "a", "other"));
  REQUIRE(sys::write_all(file->fd(), "ours"));
  REQUIRE(file->commit());
  CHECK(read(folder / "a") == "ours");
  CHECK(folder.names() == Names{"a"});
}

TEST_CASE("links are followed to the file, also to a missing one") {
  const Folder folder;
  REQUIRE(sys::make_directories(folder / "to"));
  REQUIRE(sys::write_file(folder / "to/there", "before"));
  REQUIRE(::symlink("to/link", (folder / "first").c_str()) == 0);
  REQUIRE(::symlink("there", (folder / "to/link").c_str()) == 0);
  REQUIRE(::symlink("to/new", (folder / "dangling").c_str()) == 0);
  REQUIRE(::symlink("loop", (folder / "loop").c_str()) == 0);
  REQUIRE(write(folder / "first", "after"));
  REQUIRE(write(folder / "dangling", "made"));
  CHECK(read(folder / "to/there") == "after");
  CHECK(read(folder / "to/new") == "made");
  CHECK(std::filesystem::is_symlink(folder / "to/link"));
  CHECK(write(folder / "loop", "").error().errno_value == ELOOP);
}

TEST_CASE("devices, pipes and descriptors are written to at once") {
  const Folder folder;
  CHECK(write("/dev/null", "gone"));
  const std::string pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const auto reader = sys::open_file(pipe, O_RDONLY | O_NONBLOCK);
  REQUIRE(reader);
  REQUIRE(write(pipe, "through"));
  CHECK(sys::read_all(reader->value(), "pipe").value() == "through");

  const auto open = sys::open_file(folder / "shell", O_WRONLY | O_CREAT, 0600);
  REQUIRE(open);
  REQUIRE(sys::write_all(open->value(), "first "));
  REQUIRE(write("/proc/self/fd/" + std::to_string(open->value()), "second"));
  CHECK(read(folder / "shell") == "first second");
}

TEST_CASE("a place that cannot be written to is known at once") {
  const Folder folder;
  CHECK(sys::PendingFile::create(folder.path).error().message == folder.path + " is a folder");
  CHECK(sys::PendingFile::create(folder / "new/").error().error_class == base::ErrorClass::Invalid);
  CHECK(sys::PendingFile::create(folder / "none/a").error().errno_value == ENOENT);
  REQUIRE(sys::write_file(folder / "file", ""));
  CHECK(sys::PendingFile::create(folder / "file/a").error().errno_value == ENOTDIR);
  CHECK(folder.names() == Names{"file"});
}

TEST_CASE("what a killed process left under a temporary name goes, what is being written stays") {
  const Folder folder;
  const std::string left = ".a.0123456789abcdef.unfinished", other = ".a.fedcba9876543210.unfinished",
                    users = ".a.unfinished", of_b = ".b.0123456789abcdef.unfinished";
  for (const std::string& name : {left, other, users, of_b}) REQUIRE(sys::write_file(folder / name, "x"));
  const auto held = sys::open_file(folder / other, O_RDONLY);
  REQUIRE(sys::try_lock(held->value()).value());
  REQUIRE(write(folder / "a", "new"));
  CHECK(folder.names() == Names{other, users, of_b, "a"});
}
