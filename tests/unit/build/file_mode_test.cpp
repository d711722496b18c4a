// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/file_mode.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

namespace {

std::uint32_t apply(const char* text, std::uint32_t mode) {
  return runtime::build::FileMode::parse(text).value().apply(mode);
}

}  // namespace

TEST_CASE("octal modes take the place of the old one") {
  CHECK(apply("0644", S_IFREG | 0777) == 0644);
  CHECK(apply("7777", S_IFREG) == 07777);
  CHECK_FALSE(runtime::build::FileMode::parse("10000"));
  CHECK_FALSE(runtime::build::FileMode::parse("888"));
  CHECK_FALSE(runtime::build::FileMode::parse(""));
}

TEST_CASE("symbolic modes change it class by class") {
  CHECK(apply("u=rwX,go=rX", S_IFREG | 0640) == 0644);
  CHECK(apply("u=rwX,go=rX", S_IFREG | 0740) == 0755);
  CHECK(apply("u=rwX,go=rX", S_IFDIR | 0700) == 0755);
  CHECK(apply("a+x", S_IFREG | 0644) == 0755);
  CHECK(apply("+x", S_IFREG | 0600) == 0711);
  CHECK(apply("go-rwx", S_IFREG | 0777) == 0700);
  CHECK(apply("u+s,g+s,+t", S_IFREG | 0755) == 07755);
  CHECK(apply("u=rw-x+x", S_IFREG | 0700) == 0700);
  CHECK(apply("o=", S_IFREG | 0777) == 0770);
  CHECK(apply("u=rw,g=u,o=g", S_IFREG | 0755) == 0666);
  CHECK(apply("g+u,o-g", S_IFREG | 0715) == 0770);
  CHECK_FALSE(runtime::build::FileMode::parse("u"));
  CHECK_FALSE(runtime::build::FileMode::parse("x=r"));
  CHECK_FALSE(runtime::build::FileMode::parse("u=q"));
}

TEST_CASE("folders on the way take octal digits through a umask, and no symbols") {
  const auto folder_mode = [](const char* text) {
    return runtime::build::FileMode::parse(text).value().folder_mode();
  };
  CHECK(folder_mode("777") == 0755);
  CHECK(folder_mode("4750") == 0750);
  CHECK(folder_mode("1000") == 0);
  CHECK(folder_mode("go-rwx") == 0755);
}
