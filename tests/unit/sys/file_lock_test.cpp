// SPDX-License-Identifier: Apache-2.0
#include "sys/file_lock.h"

#include <thread>

#include <catch2/catch.hpp>

#include "support/temporary_folder.h"

using sys::LockKind;

TEST_CASE("a wait for a lock ends with the cancellation") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path + "/lock";
  const base::Cancellation cancellation;
  const auto held = sys::lock_file(path, LockKind::Exclusive, cancellation);
  REQUIRE(held);
  for (const LockKind kind : {LockKind::Shared, LockKind::Exclusive}) {
    base::Result<sys::UniqueFd> waited;
    const base::Cancellation part = cancellation.child();
    {
      const std::jthread waiting([&] { waited = sys::lock_file(path, kind, part); });
      part.request();
    }
    REQUIRE_FALSE(waited);
    CHECK(waited.error().error_class == base::ErrorClass::Cancelled);
    CHECK(waited.error().message == "waiting for " + path + " was cancelled");
  }
}

TEST_CASE("a wait for a lock ends when nobody holds it any more") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path + "/lock";
  auto one = sys::lock_file(path, LockKind::Shared, {}).value();
  auto two = sys::lock_file(path, LockKind::Shared, {}).value();
  CHECK(sys::try_lock_file(path).value() == std::nullopt);
  base::Result<sys::UniqueFd> alone;
  {
    const std::jthread waiting([&] { alone = sys::lock_file(path, LockKind::Exclusive, {}); });
    one.reset();
    two.reset();
  }
  REQUIRE(alone);
  CHECK(sys::try_lock_file(path).value() == std::nullopt);
}
