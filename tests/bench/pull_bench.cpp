// SPDX-License-Identifier: Apache-2.0
// bench_pull SCRATCH [ROUNDS [FIGURE]]: a pull of an image of 600 MB, as one layer and as eight, from
// Debian's docker-registry on loopback, and beside it in the same run what no pull can be faster than:
// inflating the layers, and writing their files, each on one thread, and on as many as there are processors.
// One figure a line: seconds of wall clock, seconds of processor time (this program's, not the registry's),
// name.
//
// FIGURE is the beginning of the names to measure.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "bench/in_parallel.h"
#include "bench/measure.h"
#include "bench/pull_image.h"
#include "runtime/image/decompress.h"
#include "runtime/image/image_store.h"
#include "runtime/image/image_transfer.h"
#include "runtime/image/layer_unpacker.h"
#include "runtime/registry/registry_client.h"
#include "support/registry_fixture.h"
#include "sys/file.h"

namespace {

using namespace runtime::image;
using bench::cpu_seconds;
using bench::need;
using bench::PullLayer;
namespace registry = runtime::registry;

constexpr std::string_view kInflate = ", inflate on one thread", kWrite = ", write on one thread",
                           kPull = ", pull";

/// A text or a layer goes to the registry as it is: what is measured is the way back.
registry::Descriptor push(registry::RegistryClient& client, std::string_view type, const std::string& data) {
  const model::Digest digest = model::Digest::from_sha256_hex(sys::sha256_hex(data));
  need(client.push_blob("bench",
                        {digest, std::ssize(data), [&]() -> base::Result<registry::BlobSource::Reader> {
                           return registry::BlobSource::Reader(
                               [rest = std::string_view(data)](
                                   char* room, std::size_t size) mutable -> base::Result<std::size_t> {
                                 const std::size_t count = rest.copy(room, size);
                                 rest.remove_prefix(count);
                                 return count;
                               });
                         }}));
  return {std::string(type), digest, std::ssize(data), {}, {}};
}

std::string digest_of_tar(const PullLayer& layer) {
  sys::Sha256 hash;
  for (const std::string_view part : layer.tar) hash.update(part);
  return hash.finish_hex();
}

void push_image(const std::string& host, const std::string& tag, const std::vector<PullLayer>& layers) {
  const auto client = need(registry::RegistryClient::connect(host, {}, std::nullopt, {}));
  registry::Manifest manifest;
  manifest.media_type = registry::media_type::kOciManifest;
  std::string diff_ids;
  for (const PullLayer& layer : layers) {
    manifest.layers.push_back(push(*client, layer.media_type, layer.blob));
    diff_ids += (diff_ids.empty() ? "\"sha256:" : ",\"sha256:") + digest_of_tar(layer) + "\"";
  }
  manifest.config = push(
      *client, registry::media_type::kOciConfig,
      R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[)" + diff_ids + "]}}");
  const std::string json = registry::encode_manifest(manifest);
  need(client->push_manifest(
      "bench", tag, {manifest.media_type, json, model::Digest::from_sha256_hex(sys::sha256_hex(json))}));
}

void inflate(const PullLayer& layer) {
  MemoryChunks input(layer.blob, 256 * 1024);
  const auto decoder = need(make_decompressor(sniff_compression(layer.blob), input));
  BufferedChunks chunks(*decoder);
  while (!need(chunks.next()).empty()) {
  }
}

void write(const PullLayer& layer, const std::string& folder) {
  need(sys::make_directories(folder));
  const sys::UniqueFd root = need(sys::open_file(folder, O_RDONLY | O_DIRECTORY));
  bench::TarParts chunks(layer);
  need(unpack_tar(chunks, root.value()));
}

void pull(const std::string& name, const std::string& data_root) {
  const auto database = need(sys::Database::open(data_root + "/state.db"));
  const auto snapshots = need(runtime::snapshot::SnapshotStore::open(*database, data_root));
  const auto images = need(ImageStore::open(*database, *snapshots, data_root));
  need(pull_image(*images, name, "", {}, {}, {}));
}

/// A virtual machine gives memory that lies free back to its host, and whoever takes it next waits for the
/// host: writing is ten times as slow then. That is neither a pull's doing nor a write's, so before each
/// figure so much memory as it needs is taken and left free, as the pages of a file, where the next file's
/// come from.
void warm_memory(const std::string& folder) {
  const std::string path = folder + "/warm";
  const sys::UniqueFd file = need(sys::open_file(path, O_WRONLY | O_CREAT, 0600));
  const std::string piece(std::size_t{1} << 20, 'x');
  constexpr int kPieces = 1100;
  for (int i = 0; i < kPieces; ++i) need(sys::write_all(file.value(), piece));
  need(sys::remove_tree(path));
}

struct Figure {
  std::string name;
  std::function<void(const std::string& folder)> work;  ///< The folder is new and empty.
  double lowest = 1e9, lowest_cpu = 1e9;
};

void print(double seconds, double cpu, const std::string& name) {
  std::printf("%8.3f %8.3f %s\n", seconds, cpu, name.c_str());
  std::fflush(stdout);
}

void measure(Figure& figure, const std::string& folder) {
  need(sys::make_directories(folder));
  warm_memory(folder);
  ::sync();  // Each begins with nothing left to be written back.
  const double cpu_before = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  figure.work(folder);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double cpu = cpu_seconds() - cpu_before;
  print(seconds, cpu, figure.name);
  figure.lowest = std::min(figure.lowest, seconds);
  figure.lowest_cpu = std::min(figure.lowest_cpu, cpu);
  need(sys::remove_tree(folder));
}

void print_lowest(const std::vector<Figure>& figures) {
  std::printf("lowest:\n");
  double inflate = 0, write = 0;
  for (const Figure& figure : figures) {
    print(figure.lowest, figure.lowest_cpu, figure.name);
    if (figure.name.ends_with(kInflate)) inflate = figure.lowest;
    if (figure.name.ends_with(kWrite)) write = figure.lowest;
    if (figure.name.ends_with(kPull) && inflate > 0 && write > 0)
      std::printf("%8.2f times the larger of inflating and writing\n",
                  figure.lowest / std::max(inflate, write));
  }
}

void add_figures(std::vector<Figure>& figures, const std::string& kind, const std::vector<PullLayer>& layers,
                 const std::string& image) {
  const auto inflate_on = [&layers](std::size_t threads) {
    return [&layers, threads](const std::string&) {
      bench::in_parallel(layers.size(), threads, [&](std::size_t i) { inflate(layers[i]); });
    };
  };
  const auto write_on = [&layers](std::size_t threads) {
    return [&layers, threads](const std::string& folder) {
      bench::in_parallel(layers.size(), threads,
                         [&](std::size_t i) { write(layers[i], folder + "/" + std::to_string(i)); });
    };
  };
  figures.push_back({kind + std::string(kInflate), inflate_on(1)});
  figures.push_back({kind + std::string(kWrite), write_on(1)});
  if (layers.size() > 1) {
    figures.push_back({kind + ", inflate on all processors", inflate_on(bench::processors())});
    figures.push_back({kind + ", write on all processors", write_on(bench::processors())});
  }
  figures.push_back({kind + ", write and sync", [write_on](const std::string& folder) {
                       write_on(bench::processors())(folder);
                       const sys::UniqueFd root = need(sys::open_file(folder, O_RDONLY | O_DIRECTORY));
                       ::syncfs(root.value());
                     }});
  figures.push_back({kind + std::string(kPull), [image](const std::string& folder) { pull(image, folder); }});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string scratch = argv[1];
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  const std::string wanted = argc > 3 ? argv[3] : "";
  const bench::PullImage image;
  const test::Registry server;
  push_image(server.host(), "one", image.one_layer());
  push_image(server.host(), "eight", image.eight_layers());
  std::vector<Figure> figures;
  add_figures(figures, "one layer", image.one_layer(), server.host() + "/bench:one");
  add_figures(figures, "eight layers", image.eight_layers(), server.host() + "/bench:eight");
  std::erase_if(figures, [&](const Figure& figure) { return !figure.name.starts_with(wanted); });
  int folders = 0;
  for (int round = 0; round < rounds; ++round) {
    for (Figure& figure : figures) measure(figure, scratch + "/" + std::to_string(++folders));
  }
  need(sys::remove_tree(scratch));
  print_lowest(figures);
  return 0;
}
