// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/attach_input.h"

#include <catch2/catch.hpp>

#include "sys/file.h"
#include "sys/stream_io.h"

using runtime::container::AttachInput;

namespace {

struct Typed {
  std::string passed;
  AttachInput::State end = AttachInput::State::Data;
};

/// What comes out when the pieces are typed one after the other and then the input ends.
Typed type(std::string_view keys, const std::vector<std::string>& pieces) {
  auto [reading, writing] = sys::make_pipe().value();
  AttachInput input({reading.value(), -1, -1, keys, false});
  Typed typed;
  for (const std::string& piece : pieces) {
    REQUIRE(sys::write_all(writing.value(), piece));
    const AttachInput::Read read = input.read().value();
    typed.passed += read.data;
    typed.end = read.state;
    if (typed.end != AttachInput::State::Data) return typed;
  }
  writing.reset();
  const AttachInput::Read read = input.read().value();
  typed.passed += read.data;
  typed.end = read.state;
  CHECK(input.fd() == -1);
  return typed;
}

}  // namespace

TEST_CASE("the detach keys end an attachment, also when they come in pieces or after a false start") {
  const auto detached = [](const Typed& typed, std::string_view passed) {
    return typed.end == AttachInput::State::Detached && typed.passed == passed;
  };
  CHECK(detached(type("pq", {"abpqcd"}), "ab"));
  CHECK(detached(type("pq", {"abp", "q"}), "ab"));
  CHECK(detached(type("pq", {"ppq"}), "p"));
  CHECK(detached(type("pq", {"p", "a", "pq"}), "pa"));
  CHECK(detached(type("p", {"ap"}), "a"));
}

TEST_CASE("what only begins like the detach keys is ordinary input") {
  const Typed half = type("pq", {"ap", "b", "p"});
  CHECK(half.passed == "apbp");
  CHECK(half.end == AttachInput::State::Ended);
  CHECK(type("", {"pq"}).passed == "pq");
}
