// SPDX-License-Identifier: Apache-2.0
// bench_build [FILES [BYTES]]: time of a build that copies a context, first, again, and with one file
// changed.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include <fmt/format.h>

#include "runtime/build/builder.h"
#include "runtime/image/image_store.h"
#include "support/temporary_folder.h"

namespace {

class NoRunner final : public runtime::build::StepRunner {
 public:
  base::Result<runtime::build::StepExit> run(const runtime::build::StepProcess&,
                                             const runtime::build::OutputSink&,
                                             const base::Cancellation&) override {
    return base::fail(base::ErrorClass::Unsupported, "this build has no RUN");
  }
};

void make_context(const std::string& folder, int files, int bytes) {
  std::string content(static_cast<std::size_t>(bytes), '\0');
  for (int i = 0; i < files; ++i) {
    const std::string parent = fmt::format("{}/d{}/e{}", folder, i / 500, i / 50 % 10);
    if (i % 50 == 0 && !sys::make_directories(parent)) std::abort();
    for (std::size_t at = 0; at < content.size(); at += 8)
      content[at] = static_cast<char>(i + static_cast<int>(at) * 7);
    if (!sys::write_file(fmt::format("{}/f{}", parent, i), content, 0644)) std::abort();
  }
}

/// One build as a new process would do it: with its stores just opened.
struct Cost {
  double seconds = 0, processor = 0;  ///< By the clock; of all threads.
};
Cost build_once(const std::string& root, const model::BuildSpec& spec) {
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t processor = std::clock();
  if (!sys::make_directories(root)) std::abort();
  auto database = sys::Database::open(root + "/state.db").value();
  auto snapshots = runtime::snapshot::SnapshotStore::open(*database, root).value();
  auto images = runtime::image::ImageStore::open(*database, *snapshots, root).value();
  NoRunner runner;
  runtime::build::Builder builder(*snapshots, *images, *database, runner, root, root + "/run");
  const auto image = builder.build(spec, {}, {});
  if (!image) {
    std::fputs(base::to_text(image.error()).c_str(), stderr);
    std::exit(1);
  }
  return {.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          .processor = static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC};
}

void print(const char* what, const Cost& cost) {
  fmt::print("{:<12} {:7.3f} s, processor {:7.3f} s\n", what, cost.seconds, cost.processor);
}

}  // namespace

int main(int count, char** arguments) {
  const int files = count > 1 ? std::atoi(arguments[1]) : 5000;
  const int bytes = count > 2 ? std::atoi(arguments[2]) : 40 * 1024;
  const test::TemporaryFolder folder;
  model::BuildSpec spec;
  spec.context = folder.path + "/context";
  spec.dockerfile_inline = "FROM scratch\nCOPY . /app\n";
  spec.tags = {"bench:latest"};
  make_context(spec.context, files, bytes);
  fmt::print("{} files of {} bytes\n", files, bytes);
  print("first", build_once(folder.path + "/data", spec));
  for (int i = 0; i < 3; ++i) print("again", build_once(folder.path + "/data", spec));
  for (int i = 0; i < 3; ++i) {
    if (!sys::write_file(spec.context + "/d0/e0/f1", fmt::format("changed {}", i), 0644)) return 1;
    print("one changed", build_once(folder.path + "/data", spec));
  }
  return 0;
}
