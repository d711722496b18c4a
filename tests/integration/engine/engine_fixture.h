// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "engine_client/engine.h"
#include "runtime/engine/roots.h"

/// A bundled engine with roots of its own below /tmp and one image, "box:latest": busybox with its applets.
/// Everything is removed at the end, and the test fails when something of it is left.
class EngineFixture {
 public:
  EngineFixture();
  ~EngineFixture();

  engine_client::Engine& engine() { return *engine_; }
  const runtime::engine::Roots& roots() const { return roots_; }

  /// A container of `box` that runs `script` by the shell on the network of that name ("" for none).
  model::ContainerSpec make_spec(const std::string& name, const std::string& script,
                                 const std::string& network = "");
  /// Creates and starts it; its ID.
  std::string run(const model::ContainerSpec& spec);
  /// Its whole log, both streams.
  std::string log_of(const std::string& container);
  /// Runs a command in it and returns what it wrote, then "exit <code>".
  std::string exec(const std::string& container, const std::string& script);

 private:
  std::string folder_;
  runtime::engine::Roots roots_;
  std::unique_ptr<engine_client::Engine> engine_;
};
