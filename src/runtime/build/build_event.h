// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "base/duration.h"

namespace runtime::build {

/// Progress of a build, for display.
struct BuildEvent {
  enum class Kind {
    Started,
    Output,  ///< `text` is a piece of what a RUN wrote, any bytes, not split at lines.
    Cached,  ///< Taken from the cache; no Started before it, nothing after it.
    Done,
    Failed,   ///< `text` is the error's line, then the Dockerfile's lines with the failing ones marked >>>.
    Warning,  ///< About the Dockerfile; `text` is the whole text with position and excerpt.
  };
  Kind kind = Kind::Started;
  std::string id;             ///< The step, the same over its events: "1", "2", ...; empty for a Warning.
  std::string text;           ///< Started and Cached: "[stage 2/5] RUN make".
  base::Duration elapsed{0};  ///< Done and Failed.
};

/// Called from any thread, one call at a time.
using BuildEventSink = std::function<void(const BuildEvent&)>;

}  // namespace runtime::build
