// SPDX-License-Identifier: Apache-2.0
// bench_image TAR SCRATCH [ROUNDS]: what the parts of bringing an image in cost, and the whole beside them:
// import, load of a docker-archive, pull from a registry on loopback (Debian's docker-registry).
//
// The floor of a pull or load is the larger of inflating the data and writing the files; digests and the
// compressed data's own write come on top and run beside it as far as there are cores.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "base/error.h"
#include "base/sha256.h"
#include "bench/measure.h"
#include "runtime/image/decompress.h"
#include "runtime/image/image_archive.h"
#include "runtime/image/image_store.h"
#include "runtime/image/image_transfer.h"
#include "runtime/image/layer_unpacker.h"
#include "support/registry_fixture.h"
#include "sys/file.h"

namespace {

using namespace runtime::image;
using bench::cpu_seconds;
using bench::need;

void measure(const char* name, std::size_t bytes, int rounds, const std::function<void()>& prepare,
             const std::function<void()>& work) {
  double best = 1e9, best_cpu = 1e9;
  for (int i = 0; i < rounds; ++i) {
    prepare();
    const double cpu = cpu_seconds();
    const auto start = std::chrono::steady_clock::now();
    work();
    best_cpu = std::min(best_cpu, cpu_seconds() - cpu);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::printf("%-24s %8.0f ms %8.0f ms of processors %8.0f MB/s\n", name, best * 1e3, best_cpu * 1e3,
              static_cast<double>(bytes) / 1e6 / best);
  std::fflush(stdout);
}

std::string inflate(const std::string& data) {
  MemoryChunks input(data, 256 * 1024);
  const auto decoder = need(make_decompressor(sniff_compression(data), input));
  BufferedChunks chunks(*decoder);
  std::string out;
  while (true) {
    const std::string_view piece = need(chunks.next());
    if (piece.empty()) return out;
    out += piece;
  }
}

void unpack(const std::string& tar, const std::string& folder) {
  need(sys::make_directories(folder));
  const sys::UniqueFd root = need(sys::open_file(folder, O_RDONLY | O_DIRECTORY));
  MemoryChunks chunks(tar, 256 * 1024);
  need(unpack_tar(chunks, root.value()));
}

struct Store {
  std::unique_ptr<sys::Database> database;
  std::unique_ptr<runtime::snapshot::SnapshotStore> snapshots;
  std::unique_ptr<ImageStore> images;

  explicit Store(const std::string& data_root)
      : database(need(sys::Database::open(data_root + "/state.db"))),
        snapshots(need(runtime::snapshot::SnapshotStore::open(*database, data_root))),
        images(need(ImageStore::open(*database, *snapshots, data_root))) {}
};

void import(const std::string& path, const std::string& data_root, const std::string& name) {
  const Store store(data_root);
  const sys::UniqueFd tar = need(sys::open_file(path, O_RDONLY));
  need(import_root(*store.images, tar.value(), {name, {}, "", ""}));
}

void save(const std::string& name, const std::string& data_root, const std::string& path) {
  const Store store(data_root);
  const sys::UniqueFd out = need(sys::open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
  need(save_archive(*store.images, {.images = {name}}, out.value()));
}

void load(const std::string& path, const std::string& data_root) {
  const Store store(data_root);
  const sys::UniqueFd in = need(sys::open_file(path, O_RDONLY));
  need(load_archive(*store.images, in.value(), {}));
}

void push(const std::string& name, const std::string& data_root) {
  const Store store(data_root);
  need(push_image(*store.images, name, {}, {}, {}));
}

void pull(const std::string& name, const std::string& data_root) {
  const Store store(data_root);
  need(pull_image(*store.images, name, "", {}, {}, {}));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string path = argv[1], scratch = argv[2];
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 3;
  const std::string data = need(sys::read_file(path, std::size_t{8} << 30));
  const std::string tar = inflate(data);
  std::printf("%s: %zu MB, %zu MB unpacked, gzip by %s\n", path.c_str(), data.size() / 1'000'000,
              tar.size() / 1'000'000, std::string(gzip_decoder_name()).c_str());
  const auto clean = [&] {
    need(sys::remove_tree(scratch));
    need(sys::make_directories(scratch));
    ::sync();
  };
  const auto nothing = [] {};
  measure("inflate", tar.size(), rounds, nothing, [&] {
    MemoryChunks input(data, 256 * 1024);
    const auto decoder = need(make_decompressor(sniff_compression(data), input));
    BufferedChunks chunks(*decoder);
    while (!need(chunks.next()).empty()) {
    }
  });
  measure("digest of the tar", tar.size(), rounds, nothing,
          [&] { static_cast<void>(base::sha256_hex(tar)); });
  measure("write the files", tar.size(), rounds, clean, [&] { unpack(tar, scratch + "/fs"); });
  measure("import", tar.size(), rounds, clean, [&] { import(path, scratch, "bench"); });

  const test::Registry registry;
  const std::string name = registry.host() + "/bench:1", archive = scratch + ".tar";
  clean();
  import(path, scratch, name);
  save(name, scratch, archive);
  measure("push, compressing", tar.size(), 1, nothing, [&] { push(name, scratch); });
  measure("load of an archive", tar.size(), rounds, clean, [&] { load(archive, scratch); });
  measure("pull from loopback", tar.size(), rounds, clean, [&] { pull(name, scratch); });
  need(sys::remove_tree(archive));
  need(sys::remove_tree(scratch));
  return 0;
}
