// SPDX-License-Identifier: Apache-2.0
#include "cli/render/progress_terminal.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/split.h"
#include "cli/render/progress_plain.h"
#include "sys/terminal.h"

namespace cli {
namespace {

using compose::execute::StepPhase;
using engine_client::ImageEvent;

constexpr int kStderr = 2;
constexpr auto kFrame = std::chrono::milliseconds(100);
constexpr std::size_t kShownSteps = 8;
constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kRed = "\x1b[31m";
constexpr const char* kBlue = "\x1b[34m";
constexpr const char* kReset = "\x1b[0m";
constexpr const char* kSpinner[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};

/// Without control characters, which would tear the lines apart.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
  }
  return out;
}

/// Cut at a whole character.
void cut_to(std::string& text, std::size_t room) {
  if (text.size() <= room) return;
  std::size_t cut = room;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  text.resize(cut);
}

}  // namespace

TerminalProgress::~TerminalProgress() { finish(); }

TerminalProgress::Line& TerminalProgress::line_of(const std::string& group) {
  const auto [found, is_new] = by_group_.emplace(group, lines_.size());
  if (is_new) {
    Line line;
    line.group = group;
    line.begun = Clock::now();
    lines_.push_back(std::move(line));
  }
  return lines_[found->second];
}

void TerminalProgress::on_step(const compose::execute::StepEvent& event) {
  const StepWords words = words_of(event.step);
  if (words.doing.empty()) return;
  const std::lock_guard lock(mutex_);
  if (finished_ || event.phase == StepPhase::Skipped) return;
  Line& line = line_of(event.step.group);
  line.ended = Clock::now();
  switch (event.phase) {
    case StepPhase::Started:
      line.text = words.doing;
      line.state = State::Working;
      line.detail.clear();
      break;
    case StepPhase::Done:
      line.text = words.done;
      line.state = State::Done;
      line.detail.clear();
      break;
    case StepPhase::Failed:
      line.text = "Error";
      line.state = State::Failed;
      line.detail.clear();
      clear_drawn();
      fmt::print(stderr, "{}", std::exchange(line.failures, {}));
      break;
    case StepPhase::Skipped: break;
  }
  start_drawing();
}

void TerminalProgress::on_image(const compose::plan::Step& step, const ImageEvent& event) {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  Line& line = line_of(step.group);
  const std::string text = failures_.text_of(built_service(step), event);
  if (event.kind == ImageEvent::Kind::Failed) {
    line.failures += text;
  } else if (!text.empty()) {
    clear_drawn();
    fmt::print(stderr, "{}", text);
  }
  line.layers.note(event);
  line.detail = line.layers.text();
  note_step(line, event);
  start_drawing();
}

void TerminalProgress::note_step(Line& line, const ImageEvent& event) {
  const auto known = std::find_if(line.steps.begin(), line.steps.end(),
                                  [&](const BuildStep& step) { return step.id == event.id; });
  switch (event.kind) {
    case ImageEvent::Kind::Started:
      line.steps.push_back({.id = event.id, .text = event.text, .begun = Clock::now()});
      break;
    case ImageEvent::Kind::Cached:
      line.steps.push_back({.id = event.id, .text = "CACHED " + event.text, .working = false});
      break;
    case ImageEvent::Kind::Done:
    case ImageEvent::Kind::Failed:
      if (known == line.steps.end()) break;
      known->working = false;
      known->elapsed = event.elapsed;
      if (event.kind == ImageEvent::Kind::Failed) known->text = "ERROR " + known->text;
      break;
    case ImageEvent::Kind::Output:
    case ImageEvent::Kind::Layer:
    case ImageEvent::Kind::LayerDone: break;
  }
}

void TerminalProgress::start_drawing() {
  if (!drawer_.joinable()) drawer_ = std::thread([this] { redraw_until_finished(); });
}

void TerminalProgress::redraw_until_finished() {
  std::unique_lock lock(mutex_);
  while (!finished_) {
    draw();
    wake_.wait_for(lock, kFrame);
  }
}

std::string TerminalProgress::render(const Line& line, std::size_t width, std::size_t name_width) const {
  const auto until = line.state == State::Working ? Clock::now() : line.ended;
  const std::string time = fmt::format("{:.1f}s", std::chrono::duration<double>(until - line.begun).count());
  std::string text = fmt::format("{:<{}}  {}", line.group, name_width, line.text);
  if (!line.detail.empty()) text += "  " + printable(line.detail);
  const std::size_t room = width > time.size() + 6 ? width - time.size() - 6 : 10;
  cut_to(text, room);
  const char* color = line.state == State::Done ? kGreen : line.state == State::Failed ? kRed : kBlue;
  const char* mark = line.state == State::Done     ? "✔"
                     : line.state == State::Failed ? "✘"
                                                   : kSpinner[frame_ % std::size(kSpinner)];
  return fmt::format(" {}{}{} {:<{}} {}{}{}", colors_ ? color : "", mark, colors_ ? kReset : "", text, room,
                     colors_ ? kBlue : "", time, colors_ ? kReset : "");
}

/// The last of them, and before those the ones that are still running.
void TerminalProgress::add_steps(const Line& line, std::size_t width, std::vector<std::string>& rows) const {
  if (line.state == State::Done) return;
  const std::size_t last = line.steps.size() > kShownSteps ? line.steps.size() - kShownSteps : 0;
  for (std::size_t i = 0; i < line.steps.size(); ++i) {
    const BuildStep& step = line.steps[i];
    if (i < last && !step.working) continue;
    const auto elapsed = step.working ? base::Duration(Clock::now() - step.begun) : step.elapsed;
    const std::string time = fmt::format("{:.1f}s", std::chrono::duration<double>(elapsed).count());
    const std::size_t room = width > time.size() + 6 ? width - time.size() - 6 : 10;
    std::string text = "  => " + printable(step.text);
    cut_to(text, room);
    rows.push_back(fmt::format("   {:<{}} {}", text, room, time));
  }
}

void TerminalProgress::draw() {
  if (lines_.empty()) return;
  const auto size = sys::terminal_size(kStderr).value_or(sys::TerminalSize{24, 80});
  std::vector<const Line*> shown;
  for (const Line& line : lines_) shown.push_back(&line);
  const std::size_t room = size.rows > 3 ? size.rows - 2 : 1;
  for (auto it = shown.begin(); shown.size() > room && it != shown.end();) {
    it = (*it)->state == State::Done ? shown.erase(it) : it + 1;
  }
  if (shown.size() > room) shown.resize(room);
  std::size_t name_width = 0, done = 0;
  for (const Line* line : shown) name_width = std::max(name_width, line->group.size());
  for (const Line& line : lines_) done += line.state == State::Done ? 1 : 0;
  std::string out;
  if (drawn_ > 0) out += fmt::format("\x1b[{}A", drawn_);
  out += fmt::format("\r\x1b[2K[+] {}/{}\n", done, lines_.size());
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    rows.push_back(render(*shown[i], size.columns, name_width));
    add_steps(*shown[i], size.columns, rows);
    // Steps only have what the lines leave over.
    const std::size_t lines_left = shown.size() - i - 1;
    if (rows.size() + lines_left > room) rows.resize(std::max(i + 1, room - lines_left));
  }
  for (const std::string& row : rows) out += "\r\x1b[2K" + row + "\n";
  out += "\x1b[0J";
  fmt::print(stderr, "{}", out);
  drawn_ = rows.size() + 1;
  ++frame_;
}

void TerminalProgress::on_unchanged(const std::string& container) {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  Line& line = line_of("Container " + container);
  line.text = "Running";
  line.state = State::Done;
  line.ended = line.begun;
  start_drawing();
}

void TerminalProgress::clear_drawn() {
  if (drawn_ > 0) fmt::print(stderr, "\x1b[{}A\r\x1b[0J", drawn_);
  drawn_ = 0;
}

void TerminalProgress::print_above(std::string_view text) {
  const std::lock_guard lock(mutex_);
  clear_drawn();
  fmt::print(stderr, "{}", text);
  if (!finished_) draw();
}

void TerminalProgress::finish() {
  {
    const std::lock_guard lock(mutex_);
    if (!finished_ && drawer_.joinable()) draw();
    finished_ = true;
    drawn_ = 0;
  }
  wake_.notify_all();
  if (drawer_.joinable()) drawer_.join();
}

}  // namespace cli
