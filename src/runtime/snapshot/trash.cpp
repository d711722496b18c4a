// SPDX-License-Identifier: Apache-2.0
#include "runtime/snapshot/trash.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "sys/background.h"
#include "sys/file.h"
#include "sys/path_at.h"
#include "sys/sha256.h"

namespace runtime::snapshot {

struct Trash::State {
  std::string folder;
  std::mutex mutex;
  std::condition_variable idle;
  bool running = false;
  bool again = false;  ///< Something came in while the thread was running.
  bool took = false;   ///< This object threw something away itself.
};

namespace {

void delete_all(const std::string& folder) {
  const auto names = sys::list_directory(folder);
  if (!names) return;
  // A failure leaves the folder for the next command to try; nobody waits for the answer here.
  for (const std::string& name : *names) static_cast<void>(sys::remove_tree(folder + "/" + name));
}

}  // namespace

Trash::Trash(std::string folder) : state_(std::make_shared<State>()) { state_->folder = std::move(folder); }

// The thread is detached: a command that ends does not wait for a large deletion, which the next one takes
// up. A few containers' small layers are worth the moment they take, so that nothing is left of them.
Trash::~Trash() {
  constexpr std::chrono::milliseconds kMoment{50};
  std::unique_lock lock(state_->mutex);
  if (state_->took) state_->idle.wait_for(lock, kMoment, [&] { return !state_->running; });
}

base::Result<> Trash::take(const std::string& path) {
  const std::string target = state_->folder + "/" + sys::random_hex(8);
  auto moved = sys::rename_path(path, target);
  if (!moved && moved.error().error_class == base::ErrorClass::NotFound) {
    if (!sys::path_exists(path)) return {};
    TRY(sys::make_directories(state_->folder, 0700));
    moved = sys::rename_path(path, target);
  }
  TRY(std::move(moved));
  {
    const std::lock_guard lock(state_->mutex);
    state_->took = true;
  }
  empty();
  return {};
}

void Trash::empty() {
  const std::lock_guard lock(state_->mutex);
  if (state_->running) {
    state_->again = true;
    return;
  }
  state_->running = true;
  std::thread([state = state_] {
    sys::lower_thread_priority();
    std::unique_lock guard(state->mutex);
    do {
      state->again = false;
      guard.unlock();
      delete_all(state->folder);
      guard.lock();
    } while (state->again);
    state->running = false;
    state->idle.notify_all();
  }).detach();
}

void Trash::wait() {
  std::unique_lock lock(state_->mutex);
  state_->idle.wait(lock, [&] { return !state_->running; });
}

}  // namespace runtime::snapshot
