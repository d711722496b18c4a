// SPDX-License-Identifier: Apache-2.0
#include "sys/signal_name.h"

#include <csignal>

#include <catch2/catch.hpp>

TEST_CASE("signals are read by name, with or without SIG, and by number") {
  CHECK(sys::parse_signal("SIGTERM").value() == SIGTERM);
  CHECK(sys::parse_signal("term").value() == SIGTERM);
  CHECK(sys::parse_signal("9").value() == SIGKILL);
  CHECK(sys::parse_signal("SIGRTMIN+3").value() == SIGRTMIN + 3);
  CHECK(sys::parse_signal("RTMAX-1").value() == SIGRTMAX - 1);
  for (const char* bad : {"", "0", "65", "SIGNOPE", "-1", "RTMIN+99", "TERM "}) {
    CAPTURE(bad);
    CHECK_FALSE(sys::parse_signal(bad));
  }
}
