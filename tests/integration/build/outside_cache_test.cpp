// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "runtime/image/image_transfer.h"
#include "runtime/image/repository.h"
#include "support/build_fixture.h"
#include "support/registry_fixture.h"
#include "support/small_disk.h"

namespace {

using Lines = std::vector<std::string>;
namespace image = runtime::image;
namespace build = runtime::build;

const std::string kTwoStages =
    "FROM base:1 AS tools\nRUN echo tool > /tool\nRUN echo rest > /rest\n"
    "FROM base:1\nCOPY --from=tools /tool /tool\nCOPY app /app\nRUN cat /tool /app > /both\n";

runtime::registry::RegistryOptions quick_options() {
  runtime::registry::RegistryOptions options;
  options.first_pause = std::chrono::milliseconds(5);
  options.attempts = 1;
  return options;
}

/// A machine with stores of its own. All have the same base image and the same context.
struct Machine : test::BuildFixture {
  explicit Machine(const Machine* like = nullptr) {
    if (like == nullptr) {
      import_base();
    } else {
      const sys::UniqueFd tar = sys::make_unnamed_file(folder.path).value();
      REQUIRE(image::save_archive(*like->images, {.images = {"base:1"}}, tar.value()));
      REQUIRE(::lseek(tar.value(), 0, SEEK_SET) == 0);
      REQUIRE(image::load_archive(*images, tar.value(), {}));
    }
    write("app", "app\n");
    builder.set_repository_source(
        [](const model::ImageReference& reference, build::RepositoryUse use,
           const base::Cancellation& stop) -> base::Result<std::vector<std::unique_ptr<image::Repository>>> {
          if (use == build::RepositoryUse::Fetch)
            return image::open_for_pull(reference, quick_options(), stop);
          std::vector<std::unique_ptr<image::Repository>> out;
          out.push_back(TRY(image::open_for_push(reference, quick_options(), stop)));
          return out;
        });
  }

  std::string from(const std::string& reference) { return "type=registry,ref=" + reference; }
  std::string file(const std::string& id, std::size_t from_top, const std::string& path) const {
    return sys::read_file(path_in(id, from_top, path)).value();
  }
  /// Steps that ran or came from the cache, without what was fetched for them.
  Lines own_steps() const {
    Lines out = steps();
    std::erase_if(out, [](const std::string& step) { return step.find('[') == std::string::npos; });
    return out;
  }
};

const Lines kAllCached = {"CACHED [tools 1/3] FROM base:1",
                          "CACHED [tools 2/3] RUN echo tool > /tool",
                          "CACHED [tools 3/3] RUN echo rest > /rest",
                          "CACHED [stage-1 1/4] FROM base:1",
                          "CACHED [stage-1 2/4] COPY --from=tools /tool /tool",
                          "CACHED [stage-1 3/4] COPY app /app",
                          "CACHED [stage-1 4/4] RUN cat /tool /app > /both"};

Lines sorted(Lines lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

TEST_CASE("a cache in a registry gives a fresh machine the image's layers, and only those") {
  const test::Registry registry;
  const std::string cache = registry.host() + "/team/app:cache";
  const std::string mode = GENERATE(false, true) ? "max" : "min";
  Machine first;
  first.spec.cache_to = {"type=registry,ref=" + cache + ",mode=" + mode};
  const std::string made = first.must_build(kTwoStages);

  Machine second(&first);
  second.spec.cache_from = {cache};
  const std::string got = second.must_build(kTwoStages);
  CHECK(second.warnings() == "");
  CHECK(second.runner.runs == 0);
  CHECK(sorted(second.own_steps()) == sorted(kAllCached));
  CHECK(second.file(got, 0, "both") == "tool\napp\n");
  CHECK(second.images->find(got).value().config == first.images->find(made).value().config);
  // The base's layer and three of the image; none of the stage it copies from.
  CHECK(second.layer_folders().size() == 4);

  // What was fetched is in this machine's cache now; the stage that was not has to run without the registry.
  second.builder.set_repository_source({});
  second.must_build(kTwoStages);
  CHECK(second.warnings().find("while reading the cache " + cache) != std::string::npos);
  CHECK(second.runner.runs == 2);
  CHECK(second.own_steps().back() == kAllCached.back());
  // Only builds that name the same caches take from it.
  second.spec.cache_from.clear();
  second.must_build(kTwoStages);
  CHECK(second.runner.runs == 3);
}

TEST_CASE("what changed is built on layers of the cache; stages it left out are built again") {
  const test::Registry registry;
  const std::string cache = registry.host() + "/team/app:cache";
  Machine first;
  first.spec.cache_to = {"type=registry,ref=" + cache + ",mode=max", "type=registry,ref=" + cache + "-small"};
  first.must_build(kTwoStages);
  const std::string changed = kTwoStages + "COPY --from=tools /rest /rest\n";

  Machine second(&first);
  SECTION("with mode=max the stage's layers come from the cache") {
    second.spec.cache_from = {second.from(cache)};
    const std::string id = second.must_build(changed);
    CHECK(second.runner.runs == 0);
    CHECK(second.file(id, 0, "rest") == "rest\n");
  }
  SECTION("with mode=min the stage runs") {
    second.spec.cache_from = {second.from(cache + "-small")};
    const std::string id = second.must_build(changed);
    CHECK(second.warnings() == "");
    CHECK(second.runner.runs == 2);
    CHECK(second.file(id, 0, "rest") == "rest\n");
    CHECK(second.file(id, 1, "both") == "tool\napp\n");
  }
  SECTION("of several caches the one that has the layer counts") {
    second.spec.cache_from = {second.from(cache + "-small"), second.from(cache)};
    second.must_build(changed);
    CHECK(second.runner.runs == 0);
  }
  SECTION("another file in the context makes its steps run") {
    second.write("app", "other\n");
    second.spec.cache_from = {second.from(cache)};
    const std::string id = second.must_build(kTwoStages);
    CHECK(second.runner.runs == 1);
    CHECK(second.file(id, 0, "both") == "tool\nother\n");
  }
  SECTION("a cache is passed on whole") {
    second.spec.cache_from = {second.from(cache)};
    second.spec.cache_to = {"type=local,dest=" + second.folder.path + "/cache,mode=max"};
    second.must_build(kTwoStages);
    Machine third(&first);
    third.spec.cache_from = {"type=local,src=" + second.folder.path + "/cache"};
    third.must_build(changed);
    CHECK(third.warnings() == "");
    CHECK(third.runner.runs == 0);
  }
  SECTION("no_cache reads none") {
    second.spec.cache_from = {second.from(cache)};
    second.spec.no_cache = true;
    second.must_build(kTwoStages);
    CHECK(second.runner.runs == 3);
  }
}

TEST_CASE("a cache in a folder keeps what its tags need and nothing else") {
  Machine first;
  const std::string folder = first.folder.path + "/cache";
  first.spec.cache_to = {"type=local,dest=" + folder};
  first.must_build(kTwoStages);
  const auto blobs = [&] { return sys::list_directory(folder + "/blobs/sha256").value(); };
  const Lines before = blobs();
  CHECK(before.size() == 5);  // Manifest, index, three layers.
  first.write("app", "changed\n");
  first.must_build(kTwoStages);
  const Lines after = blobs();
  CHECK(after.size() == 5);
  CHECK(after != before);
  first.spec.cache_to = {"type=local,dest=" + folder + ",tag=other"};
  first.write("app", "app\n");
  first.must_build(kTwoStages);
  CHECK(blobs().size() == 9);  // The stage's COPY is in both.

  Machine second(&first);
  second.spec.cache_from = {"type=local,src=" + folder + ",tag=other"};
  second.must_build(kTwoStages);
  CHECK(second.runner.runs == 0);
}

TEST_CASE("a disk that fills up while a cache is exported is told of, left clean, and used again") {
  Machine machine;
  const test::SmallDisk disk(machine.folder.path + "/small", 200'000);
  machine.spec.cache_to = {"type=local,dest=" + disk.path() + "/cache,mode=max"};
  machine.write("noise", sys::random_hex(400'000));
  const std::string dockerfile = "FROM base:1\nCOPY app /\nCOPY noise /\n";
  const std::string said = machine.must_fail(dockerfile);
  CHECK(said.find("No space left on device") != std::string::npos);
  CHECK(said.find("while exporting the cache to " + disk.path()) != std::string::npos);
  machine.shell("test -z \"$(find " + disk.path() + " -name 'ingest-*' -o -name 'partial-*')\"");
  disk.resize(20'000'000);
  machine.must_build(dockerfile);
  Machine other(&machine);
  other.write("noise", sys::read_file(machine.spec.context + "/noise").value());
  other.spec.cache_from = {"type=local,src=" + disk.path() + "/cache"};
  other.must_build(dockerfile);
  CHECK(other.own_steps() ==
        Lines{"CACHED [1/3] FROM base:1", "CACHED [2/3] COPY app /", "CACHED [3/3] COPY noise /"});
}

TEST_CASE("an inline cache travels with the image") {
  const test::Registry registry;
  Machine first;
  const std::string name = registry.host() + "/team/app:1";
  first.spec.tags = {name};
  first.spec.cache_to = {"type=inline"};
  first.must_build(kTwoStages);
  REQUIRE(image::push_image(*first.images, name, quick_options(), {}, {}));

  Machine second(&first);
  second.spec.cache_from = {name};
  const std::string got = second.must_build(kTwoStages);
  CHECK(second.warnings() == "");
  CHECK(second.runner.runs == 0);
  CHECK(second.layer_folders().size() == 4);
  CHECK(second.file(got, 0, "both") == "tool\napp\n");
}

TEST_CASE("a cache that cannot be used is a warning") {
  Machine machine;
  const std::string plain = "FROM base:1\nRUN echo x > /x\n";
  SECTION("nobody there") {
    machine.spec.cache_from = {"localhost:1/app:cache"};
    machine.must_build(plain);
    CHECK(machine.warnings().find("while reading the cache localhost:1/app:cache") != std::string::npos);
  }
  SECTION("no such folder") {
    machine.spec.cache_from = {"type=local,src=/nonexistent"};
    machine.must_build(plain);
    CHECK(machine.warnings() ==
          "warning: /nonexistent is no OCI image layout\n"
          "  while reading the cache /nonexistent:latest\n"
          "  hint: it would have an index.json\n");
  }
  SECTION("a type that is kept by a service") {
    machine.spec.cache_from = {"type=gha"};
    machine.spec.cache_to = {"type=gha,mode=max"};
    machine.must_build(plain);
    CHECK(machine.warnings() ==
          "warning: caches of the type 'gha' are kept by a service that cannot be spoken to\n"
          "  while reading cache_from 'type=gha'\n"
          "  hint: use type=registry or type=local\n"
          "warning: caches of the type 'gha' are kept by a service that cannot be spoken to\n"
          "  while reading cache_to 'type=gha,mode=max'\n"
          "  hint: use type=registry or type=local\n");
  }
  SECTION("an image without a cache") {
    const test::Registry registry;
    machine.spec.tags = {registry.host() + "/plain:1"};
    machine.must_build(plain);
    REQUIRE(image::push_image(*machine.images, machine.spec.tags[0], quick_options(), {}, {}));
    machine.spec.cache_from = machine.spec.tags;
    machine.must_build("FROM base:1\nRUN echo y > /y\n");
    CHECK(machine.warnings().find("it holds no cache of this builder") != std::string::npos);
  }
  SECTION("one that cannot be written fails the build, unless it may not matter") {
    machine.spec.cache_to = {"type=registry,ref=localhost:1/app:cache"};
    CHECK(machine.must_fail(plain).find("while exporting the cache to localhost:1/app:cache") !=
          std::string::npos);
    machine.spec.cache_to = {"type=registry,ref=localhost:1/app:cache,ignore-error=true"};
    machine.must_build(plain);
    CHECK(machine.warnings().find("while exporting the cache to localhost:1/app:cache") != std::string::npos);
  }
}

TEST_CASE("a cache is believed no further than its digests") {
  Machine first;
  const std::string folder = first.folder.path + "/cache";
  first.spec.cache_to = {"type=local,dest=" + folder + ",mode=max"};
  first.must_build(kTwoStages);
  Machine second(&first);
  second.spec.cache_from = {"type=local,src=" + folder};
  const std::string blobs = folder + "/blobs/sha256/";
  const Lines names = sys::list_directory(blobs).value();

  SECTION("a layer with other bytes is not taken, its step runs") {
    for (const std::string& name : names) {
      const std::string content = sys::read_file(blobs + name).value();
      if (content.starts_with("{")) continue;
      REQUIRE(sys::write_file(blobs + name, std::string(content.size(), 'x')));
    }
  }
  SECTION("a layer that is gone") {
    for (const std::string& name : names) {
      if (!sys::read_file(blobs + name).value().starts_with("{")) REQUIRE(sys::remove_tree(blobs + name));
    }
  }
  const std::string got = second.must_build(kTwoStages);
  CHECK(second.runner.runs == 3);
  CHECK(second.file(got, 0, "both") == "tool\napp\n");
  CHECK(second.warnings().find("while fetching from the cache " + folder + ":latest") != std::string::npos);
}

TEST_CASE("builds that do not name a cache take no files out of its layers") {
  const std::string copy_all = "FROM base:1\nCOPY d /d\n";
  Machine first;
  first.shell("mkdir d; echo a > d/a; echo b > d/b; touch -d '1 hour ago' d/*");
  const std::string cache = first.folder.path + "/cache";
  const std::string honest = first.must_build(copy_all);
  first.shell("printf 'A\\n' > " + first.path_in(honest, 0, "d/a"));
  first.spec.cache_to = {"type=local,dest=" + cache};
  first.must_build(copy_all);

  Machine second(&first);
  second.shell("cp -a " + first.spec.context + "/d .; busybox usleep 50000");
  second.spec.cache_from = {"type=local,src=" + cache};
  const auto build_and_read = [&] { return second.file(second.must_build(copy_all), 0, "d/a"); };
  REQUIRE(build_and_read() == "A\n");
  // Now the layer is one of the store's.
  REQUIRE(build_and_read() == "A\n");
  SECTION("the same files") {}
  SECTION("one of them changed") { second.write("d/b", "changed\n"); }
  SECTION("a layer made on top of an imported one is the cache's, too") {
    second.must_build("FROM base:1\nCOPY d /d\nRUN true\nCOPY d /d\n");
  }
  second.spec.cache_from.clear();
  CHECK(build_and_read() == "a\n");
  CHECK(second.own_steps().back() == "[2/2] COPY d /d");
}

TEST_CASE("a build that found everything in its cache exports as much as the one that made it") {
  const std::string mounts =
      "FROM base:1 AS tools\nRUN echo tool > /tool\n"
      "FROM base:1\nRUN --mount=type=bind,from=tools,target=/m cat /m/tool > /copy\n";
  Machine first;
  const std::string cache = first.folder.path + "/cache";
  first.spec.cache_to = {"type=local,dest=" + cache};
  first.must_build(mounts);
  first.must_build(mounts);
  REQUIRE(first.runner.runs == 2);

  Machine second(&first);
  second.spec.cache_from = {"type=local,src=" + cache};
  const std::string got = second.must_build(mounts);
  CHECK(second.runner.runs == 0);
  CHECK(second.file(got, 0, "copy") == "tool\n");
}
