// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "engine_client/stream.h"
#include "model/container_spec.h"
#include "model/observed.h"

namespace engine_client {

/// Which containers: all of the conditions must hold.
struct ContainerFilter {
  std::map<std::string, std::string> labels;  ///< Empty value: the label must only be there.
};

struct StopOptions {
  std::optional<base::Duration> timeout;  ///< Unset: the container's own, else 10 s. Negative: wait.
};

enum class AnonymousVolumes { Keep, Remove };
struct RemoveOptions {
  bool force = false;  ///< Kill it first.
  AnonymousVolumes anonymous_volumes = AnonymousVolumes::Keep;
};

struct LogOptions {
  bool follow = false;
  bool standard_output = true, standard_error = true;
  std::optional<std::size_t> tail;  ///< Last lines only; unset: all.
  std::optional<model::TimePoint> since, until;
};

/// One piece of a container's log: one line with its line feed, or the end of a last unfinished line.
struct LogLine {
  StreamKind stream = StreamKind::Stdout;
  model::TimePoint time;
  std::string_view text;  ///< Valid during the call only.
};
struct LogSink {
  std::function<bool(const LogLine&)> line;  ///< Return false to stop reading.
  std::function<void()> caught_up;  ///< No line is at hand: time to show what was held back. May be unset.
};

/// Something that happened to a container.
enum class ContainerEventKind { Created, Started, Exited, Removed, HealthChanged, Paused, Unpaused };
struct ContainerEvent {
  ContainerEventKind kind = ContainerEventKind::Created;
  model::ObservedContainer container;  ///< As it is right after.
};
using EventSink = std::function<bool(const ContainerEvent&)>;

/// Why an engine would not run a container.
struct Refusal {
  std::string attribute;  ///< As in a Compose file, below the service: "security_opt".
  base::Error error;
};

/// Lifecycle: create → start → (stop | kill | exits) → start again, or remove. A restart policy makes
/// the engine start it again. All calls on a container that is gone answer NotFound.
class Containers {
 public:
  virtual ~Containers() = default;
  /// Sorted by name, whatever their state.
  virtual base::Result<std::vector<model::ObservedContainer>> list(const ContainerFilter&) = 0;
  virtual base::Result<model::ObservedContainer> inspect(const std::string& container) = 0;
  /// All that is known to be wrong with a request before anything is made for it: values that mean nothing,
  /// and what this engine or machine lacks. An engine that cannot tell answers with nothing.
  virtual std::vector<Refusal> refusals(const model::ContainerSpec&) { return {}; }
  /// The new container's ID. Conflict when the name is taken; NotFound without the image.
  virtual base::Result<std::string> create(const model::ContainerSpec&, const base::Cancellation&) = 0;
  /// Returns once the process runs or could not be run. Running already: success.
  virtual base::Result<> start(const std::string& container) = 0;
  virtual base::Result<> stop(const std::string& container, const StopOptions&) = 0;
  virtual base::Result<> kill(const std::string& container, const std::string& signal) = 0;
  virtual base::Result<> remove(const std::string& container, const RemoveOptions&) = 0;
  virtual base::Result<> rename(const std::string& container, const std::string& name) = 0;
  virtual base::Result<> pause(const std::string& container) = 0;
  virtual base::Result<> unpause(const std::string& container) = 0;
  /// The exit code, once it has stopped for good (no restart follows). Cancelled when asked to.
  virtual base::Result<int> wait(const std::string& container, const base::Cancellation&) = 0;
  virtual base::Result<> logs(const std::string& container, const LogOptions&, const LogSink&,
                              const base::Cancellation&) = 0;
  /// Connects the streams to its process until it exits or the user detaches. For a container that was
  /// created with `attach`, call it before `start`: from another thread, or with `started` which is
  /// called when the connection stands.
  virtual base::Result<> attach(const std::string& container, const TerminalStreams&,
                                const std::function<base::Result<>()>& started,
                                const base::Cancellation&) = 0;
  /// Calls `sink` for each event of matching containers until it returns false or is cancelled.
  virtual base::Result<> events(const ContainerFilter&, const EventSink& sink, const base::Cancellation&) = 0;
  /// Tells the terminal's new size to a container with a tty.
  virtual base::Result<> resize(const std::string& container, std::uint16_t rows, std::uint16_t columns) = 0;
};

}  // namespace engine_client
