// SPDX-License-Identifier: Apache-2.0
#include "sys/interrupts.h"

#include <csignal>

#include <atomic>
#include <list>

namespace sys {
namespace {

std::atomic<int> g_count{0};
std::atomic<int> g_last{0};
// Points into g_kept: the handler may run at any moment, so no entry is ever freed.
std::atomic<const base::Cancellation*> g_target{nullptr};
std::list<base::Cancellation> g_kept;

void on_interrupt(int signal) {
  g_last.store(signal, std::memory_order_relaxed);
  g_count.fetch_add(1, std::memory_order_relaxed);
  if (const base::Cancellation* target = g_target.load(std::memory_order_acquire)) {
    target->request();
    return;
  }
  // Comes when this handler returns, as the signal is blocked until then.
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

}  // namespace

void count_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

int interrupts() { return g_count.load(std::memory_order_relaxed); }
int last_interrupt() { return g_last.load(std::memory_order_relaxed); }

void cancel_on_interrupt(const base::Cancellation& cancellation) {
  g_target.store(&g_kept.emplace_back(cancellation), std::memory_order_release);
}

void end_on_interrupt() { g_target.store(nullptr, std::memory_order_release); }

}  // namespace sys
