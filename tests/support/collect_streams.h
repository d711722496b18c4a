// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <thread>

#include "support/container_fixture.h"

namespace test {

/// What a call that pumps streams answered, and all that came out of it.
template <class Outcome>
struct Collected {
  Outcome outcome;
  std::string out, err;
};

/// Calls `pump(in, out, err)` with pipes: `input` is all that comes in, and both outputs are read to their
/// end.
template <class Pump>
auto collect_streams(std::string_view input, Pump pump) -> Collected<decltype(pump(0, 0, 0))> {
  Pipe in, out, err;
  std::string from_out, from_err;
  std::thread feeder([&] {
    // It may end before it has read everything.
    static_cast<void>(sys::write_all(in.write.value(), input));
    in.write.reset();
  });
  std::thread out_reader([&] { from_out = read_to_end(out.read.value()); });
  std::thread err_reader([&] { from_err = read_to_end(err.read.value()); });
  auto outcome = pump(in.read.value(), out.write.value(), err.write.value());
  in.read.reset();
  feeder.join();
  out.write.reset();
  err.write.reset();
  out_reader.join();
  err_reader.join();
  return {std::move(outcome), std::move(from_out), std::move(from_err)};
}

}  // namespace test
