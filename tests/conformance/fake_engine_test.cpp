// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "conformance/engine_suite.h"
#include "support/fake_engine.h"

TEST_CASE("engine suite: the engine in memory") {
  conformance::run_engine_suite([] {
    auto engine = std::make_unique<support::FakeEngine>();
    engine->add_image("suite-image");
    return conformance::EngineUnderTest{std::move(engine), "suite-image"};
  });
}
