// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine_client/engine.h"

namespace conformance {

/// An engine to test, fresh, with one image in its store.
struct EngineUnderTest {
  std::unique_ptr<engine_client::Engine> engine;
  /// An image whose default command runs until it is stopped.
  std::string image;
};
using EngineFactory = std::function<EngineUnderTest()>;

/// What every engine must do alike: to be called from one Catch2 test case. Whatever it creates it removes.
void run_engine_suite(const EngineFactory& make);

}  // namespace conformance
