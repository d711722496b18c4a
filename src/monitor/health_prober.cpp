// SPDX-License-Identifier: Apache-2.0
#include "monitor/health_prober.h"

#include <csignal>

#include <algorithm>
#include <array>

#include "base/duration.h"
#include "runtime/container/process.h"
#include "sys/pidfd.h"
#include "sys/stream_io.h"

namespace monitor {

HealthProber::HealthProber(sys::EventLoop& loop, const runtime::container::HealthPlan& plan,
                           runtime::container::ExecPlan probe, std::function<void()> changed)
    : loop_(loop), plan_(plan), exec_plan_(std::move(probe)), changed_(std::move(changed)), state_(plan) {}

HealthProber::~HealthProber() {
  stop();
  close_output();
  if (process_.valid()) loop_.remove(process_.value());
}

void HealthProber::start(int pidfd) {
  stop();
  container_ = pidfd;
  started_ = sys::EventLoop::Clock::now();
  state_.reset();
  last_ = {};
  schedule();
}

void HealthProber::stop() {
  suspend();
  container_ = -1;
}

void HealthProber::suspend() {
  loop_.cancel(next_);
  next_ = 0;
  verdict_ = Verdict::Ignored;
  kill_probe();
}

void HealthProber::resume() {
  if (container_ >= 0 && next_ == 0) schedule();
}

void HealthProber::schedule() {
  loop_.cancel(next_);
  next_ = loop_.after(state_.next_wait(age()), [this] {
    next_ = 0;
    probe();
  });
}

void HealthProber::probe() {
  if (process_.valid()) return schedule();  // one from before a pause or restart is still dying
  text_.clear();
  verdict_ = Verdict::Counts;
  if (auto running = run_probe(); !running) {
    kill_probe();
    finish_probe(kProbeFailed, running.error().message);
  }
}

base::Result<> HealthProber::run_probe() {
  auto [reading, writing] = TRY(sys::make_pipe());
  TRY(sys::set_nonblocking(reading.value()));
  auto started =
      TRY(runtime::container::exec_process(exec_plan_, container_, {-1, writing.value(), writing.value()}));
  process_ = std::move(started.pidfd);
  output_ = std::move(reading);
  TRY(loop_.add(output_.value(), sys::kReadable, [this](std::uint32_t) { on_output(); }));
  TRY(loop_.add(process_.value(), sys::kReadable, [this](std::uint32_t) { on_process_end(); }));
  deadline_ = loop_.after(plan_.timeout, [this] {
    deadline_ = 0;
    verdict_ = Verdict::TimedOut;
    kill_probe();
  });
  return {};
}

void HealthProber::on_output() {
  std::array<char, 4096> buffer;
  while (true) {
    const sys::Transfer got = sys::try_read(output_.value(), buffer);
    if (got.state == sys::Transfer::State::WouldBlock) return;
    if (got.state != sys::Transfer::State::Moved) return close_output();
    const std::size_t room = kMaxProbeOutput - std::min(kMaxProbeOutput, text_.size());
    text_.append(buffer.data(), std::min(room, got.size));
  }
}

void HealthProber::on_process_end() {
  // What it wrote last is in the pipe; processes it left behind may hold that open.
  if (output_.valid()) on_output();
  const auto status = sys::wait_pidfd(process_.value());
  loop_.remove(process_.value());
  process_.reset();
  close_output();
  loop_.cancel(deadline_);
  deadline_ = 0;
  if (verdict_ == Verdict::TimedOut) {
    finish_probe(kProbeFailed, "the probe took longer than its timeout of " + base::to_text(plan_.timeout));
  } else if (verdict_ == Verdict::Counts) {
    finish_probe(status ? status->code : kProbeFailed, status ? "" : status.error().message);
  }
}

void HealthProber::close_output() {
  if (!output_.valid()) return;
  loop_.remove(output_.value());
  output_.reset();
}

void HealthProber::finish_probe(int exit_code, const std::string& note) {
  if (!note.empty()) {
    text_.resize(std::min(text_.size(), kMaxProbeOutput - std::min(kMaxProbeOutput, note.size())));
    text_ += note;
  }
  last_ = {exit_code, text_, age()};
  state_.record(last_);
  schedule();
  changed_();
}

void HealthProber::kill_probe() {
  loop_.cancel(deadline_);
  deadline_ = 0;
  // It is reaped when its end is seen; one that has ended already cannot be signalled, which is fine.
  if (process_.valid()) (void)sys::signal_pidfd(process_.value(), SIGKILL);
}

}  // namespace monitor
