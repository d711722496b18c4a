// SPDX-License-Identifier: Apache-2.0
#include "sys/process_settings.h"

#include <fcntl.h>
#include <sys/prctl.h>

#include <charconv>

#include "sys/file.h"

namespace sys {
namespace {

constexpr const char* kOomScoreFile = "/proc/self/oom_score_adj";
constexpr const char* kProtected = "-999";

int score_before = 0;

}  // namespace

void set_process_name(const char* name) { ::prctl(PR_SET_NAME, name); }

void hide_process() { ::prctl(PR_SET_DUMPABLE, 0); }

void protect_from_oom() {
  if (const auto text = read_file(kOomScoreFile)) {
    std::from_chars(text->data(), text->data() + text->size(), score_before);
  }
  const auto file = open_file(kOomScoreFile, O_WRONLY);
  if (file) (void)write_all(file->value(), kProtected);  // only root may: a wish
}

int oom_score_before_protection() { return score_before; }

}  // namespace sys
