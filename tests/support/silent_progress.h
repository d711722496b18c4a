// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compose/session.h"

namespace support {

/// Shows nothing.
class SilentProgress final : public compose::execute::ProgressSink {
 public:
  void on_step(const compose::execute::StepEvent&) override {}
  void on_image(const compose::plan::Step&, const engine_client::ImageEvent&) override {}
};

/// A session without a user: warnings are dropped, questions are answered with no.
inline compose::Session make_session(engine_client::Engine& engine,
                                     compose::execute::ProgressSink& progress) {
  compose::Session session{engine, progress, {}, {}, {}, false, {}, {}, {}};
  session.warn = [](const base::Error&) {};
  session.confirm = [](const std::string&) { return false; };
  session.show_plan = [](const compose::plan::Plan&) {};
  return session;
}

}  // namespace support
