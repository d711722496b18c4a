// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/bundled_containers.h"

#include <fmt/format.h>

#include "model/labels.h"
#include "runtime/container/attach_client.h"
#include "runtime/container/log_reader.h"
#include "runtime/container/monitor_client.h"
#include "runtime/engine/container_create.h"
#include "runtime/engine/container_events.h"
#include "runtime/engine/container_observe.h"
#include "runtime/engine/container_remove.h"
#include "runtime/engine/container_start.h"
#include "runtime/engine/refusals.h"
#include "sys/signal_name.h"

namespace runtime::engine {

base::Result<std::vector<model::ObservedContainer>> BundledContainers::list(
    const engine_client::ContainerFilter& filter) {
  return list_containers(stores_, filter.labels);
}

base::Result<model::ObservedContainer> BundledContainers::inspect(const std::string& container) {
  return observe_now(stores_, TRY(stores_.containers->find(container)));
}

std::vector<engine_client::Refusal> BundledContainers::refusals(const model::ContainerSpec& spec) {
  return find_refusals(spec);
}

base::Result<std::string> BundledContainers::create(const model::ContainerSpec& spec,
                                                    const base::Cancellation& cancellation) {
  return create_container(stores_, spec, cancellation);
}

base::Result<> BundledContainers::start(const std::string& container) {
  return start_container(stores_, TRY(stores_.containers->find(container)));
}

base::Result<> BundledContainers::stop(const std::string& container,
                                       const engine_client::StopOptions& options) {
  const ContainerRecord record = TRY(stores_.containers->find(container));
  return container::stop_container(stores_.roots.run, record.id, options.timeout);
}

base::Result<> BundledContainers::kill(const std::string& container, const std::string& signal) {
  const ContainerRecord record = TRY(stores_.containers->find(container));
  const int number = TRY(sys::parse_signal(signal));
  return container::kill_container(stores_.roots.run, record.id, number);
}

base::Result<> BundledContainers::remove(const std::string& container,
                                         const engine_client::RemoveOptions& options) {
  return remove_container(stores_, TRY(stores_.containers->find(container)), options);
}

base::Result<> BundledContainers::rename(const std::string& container, const std::string& name) {
  const ContainerRecord record = TRY(stores_.containers->find(container));
  return stores_.containers->rename(record.id, name);
}

base::Result<> BundledContainers::pause(const std::string& container) {
  const ContainerRecord record = TRY(stores_.containers->find(container));
  return container::pause_container(stores_.roots.run, record.id);
}

base::Result<> BundledContainers::unpause(const std::string& container) {
  const ContainerRecord record = TRY(stores_.containers->find(container));
  return container::unpause_container(stores_.roots.run, record.id);
}

base::Result<int> BundledContainers::wait(const std::string& container,
                                          const base::Cancellation& cancellation) {
  const ContainerRecord record = TRY(stores_.containers->find(container));
  const container::StatusRecord status =
      TRY(container::wait_container(stores_.roots.run, record.id, cancellation));
  return status.exit_code;
}

base::Result<> BundledContainers::logs(const std::string& container, const engine_client::LogOptions& options,
                                       const engine_client::LogSink& sink,
                                       const base::Cancellation& cancellation) {
  const ContainerRecord record = TRY(stores_.containers->find(container));
  const container::LogSelection selection{.standard_output = options.standard_output,
                                          .standard_error = options.standard_error,
                                          .tail = options.tail,
                                          .since = options.since,
                                          .until = options.until};
  const auto pass_on = [&](const container::LogEntry& entry) {
    const bool is_error = entry.stream == container::LogStream::Stderr;
    return sink.line(
        {.stream = is_error ? engine_client::StreamKind::Stderr : engine_client::StreamKind::Stdout,
         .time = entry.time,
         .text = entry.text});
  };
  const std::string directory = stores_.roots.container_log(record.id);
  if (!options.follow) return container::read_log(directory, selection, pass_on);
  return container::follow_log(directory, stores_.roots.run, record.id, selection, {pass_on, sink.caught_up},
                               cancellation);
}

base::Result<> BundledContainers::attach(const std::string& container,
                                         const engine_client::TerminalStreams& streams,
                                         const std::function<base::Result<>()>& started,
                                         const base::Cancellation& cancellation) {
  const ContainerRecord record = TRY(stores_.containers->find(container));
  const auto status = TRY(container::read_status(stores_.roots.run, record.id));
  const bool runs = status && status->status == model::ContainerStatus::Running;
  const Hold hold = record.spec.attach ? Hold::UntilAttached : Hold::No;
  if (!runs) TRY(start_container(stores_, record, hold));
  auto attachment =
      TRY(container::Attachment::open(stores_.roots.run, record.id, container::Delivery::Complete));
  if (started) TRY(started());
  if (!runs && hold == Hold::UntilAttached) TRY(attachment.release());
  const container::ProcessStreams ends{.standard_input = streams.standard_input,
                                       .standard_output = streams.standard_output,
                                       .standard_error = streams.standard_error,
                                       .detach_keys = streams.detach_keys,
                                       .follow_size = streams.tty};
  TRY(attachment.pump(ends, cancellation));
  return {};
}

base::Result<> BundledContainers::events(const engine_client::ContainerFilter& filter,
                                         const engine_client::EventSink& sink,
                                         const base::Cancellation& cancellation) {
  return watch_containers(stores_, filter.labels, sink, cancellation);
}

base::Result<> BundledContainers::resize(const std::string& container, std::uint16_t rows,
                                         std::uint16_t columns) {
  const ContainerRecord record = TRY(stores_.containers->find(container));
  return container::resize_container(stores_.roots.run, record.id, rows, columns);
}

}  // namespace runtime::engine
