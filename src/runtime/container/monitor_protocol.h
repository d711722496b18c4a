// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace runtime::container {

// What is said on the control socket, one message each: a kind and its payload (base/byte_codec.h).
// A client may send several requests on one connection; each is answered in order by Done or Failed.
//
//   client                              monitor
//   Ping, Stop, Kill, Pause,
//   Unpause, Resize            ───────►
//                              ◄───────  Done | Failed{error}     (Stop: at the container's end)
//
//   Attach{delivery}           ───────►
//                              ◄───────  Attached{tty} | Failed   from here on output follows
//   Release                    ───────►                           starts a held container
//                              ◄───────  Done | Failed
//   Input{bytes}, InputEnd,
//   Resize                     ───────►                           (Input and InputEnd: no answer)
//                              ◄───────  Output{stream, bytes} ...
//                              ◄───────  Exited{code}             and the connection is closed
enum class ControlKind : std::uint8_t {
  Ping = 1,
  Stop,  ///< timeout_ns i64 (kDefaultGrace: the plan's; negative: never kill)
  Kill,  ///< signal i32
  Pause,
  Unpause,
  Resize,  ///< rows u16, columns u16
  Attach,  ///< delivery u8
  Release,
  Input,  ///< raw bytes
  InputEnd,

  Done = 64,
  Failed,    ///< encode(base::Error)
  Attached,  ///< tty u8
  Output,    ///< stream u8, raw bytes
  Exited,    ///< code i32
};

/// Stop with the container's own grace period.
inline constexpr std::int64_t kDefaultGrace = INT64_MIN;

/// Raw bytes in one Input or Output.
inline constexpr std::size_t kMaxControlData = 64 * 1024;
inline constexpr std::size_t kMaxControlMessage = kMaxControlData + 64;

// What a starting monitor, exec or run process reports on descriptor 3, once:
//   Started{pid i64, in file u8, network state text} | Failed{error}
// A network state longer than kMaxReportState comes as a memory file's descriptor instead.
// An exec or run process reports its end on the same socket: Ended{code i32, oom killed u8}. With a
// terminal, Started of an exec carries the terminal's master side as a descriptor.
enum class ReportKind : std::uint8_t { Started = 1, Failed, Ended };

inline constexpr std::size_t kMaxReportState = 32 * 1024;
inline constexpr int kReportDescriptor = 3;  ///< Message socket to the starter.
inline constexpr int kPlanDescriptor = 4;    ///< Memory file with the encoded plan.

}  // namespace runtime::container
