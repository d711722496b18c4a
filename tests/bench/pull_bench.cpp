// SPDX-License-Identifier: Apache-2.0
// bench_pull SCRATCH [ROUNDS [FIGURE]]: a pull of an image of 600 MB in eight layers from Debian's
// docker-registry on loopback, and beside it in the same run what no pull can be faster than: inflating the
// layers, and writing their files. One figure a line: seconds of wall clock, seconds of processor time, name.
//
// The layers are made here, the same every time: text, records and noise in files of many sizes, compressed
// by gzip at its usual level, the last layer by zstd.
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "bench/measure.h"
#include "runtime/image/decompress.h"
#include "runtime/image/image_store.h"
#include "runtime/image/image_transfer.h"
#include "runtime/image/layer_unpacker.h"
#include "runtime/registry/registry_client.h"
#include "support/registry_fixture.h"
#include "support/tar_builder.h"
#include "sys/file.h"

namespace {

using namespace runtime::image;
using bench::cpu_seconds;
using bench::need;
namespace registry = runtime::registry;

constexpr std::array<std::size_t, 8> kLayerMegabytes{220, 130, 90, 60, 45, 30, 15, 10};

/// Numbers that are the same on every machine.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
  std::uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    return state_ ^= state_ << 17;
  }
  std::size_t below(std::size_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

/// What a layer's files hold: a third text, a third records like a program's tables, the rest in between.
class Content {
 public:
  explicit Content(std::uint64_t seed) : numbers_(seed) {
    for (std::string& word : words_) {
      for (std::size_t i = 2 + numbers_.below(8); i > 0; --i)
        word += static_cast<char>('a' + numbers_.below(26));
    }
  }
  std::string make(std::size_t size) {
    std::string out;
    out.reserve(size + 64);
    const std::size_t kind = numbers_.below(10);
    while (out.size() < size) {
      if (kind < 4) {
        // Common words come often: the smaller of two numbers.
        out += words_[std::min(numbers_.below(words_.size()), numbers_.below(words_.size()))];
        out += numbers_.below(12) == 0 ? '\n' : ' ';
      } else if (kind < 9) {
        const std::uint64_t noise = numbers_.next();
        const std::array<std::uint32_t, 5> record{static_cast<std::uint32_t>(out.size()), 0x48c78948,
                                                  static_cast<std::uint32_t>(noise & 0xffff), 0,
                                                  static_cast<std::uint32_t>(noise >> 52)};
        out.append(reinterpret_cast<const char*>(record.data()), sizeof record);
      } else {
        const std::uint64_t noise = numbers_.next();
        out.append(reinterpret_cast<const char*>(&noise), sizeof noise);
      }
    }
    out.resize(size);
    return out;
  }
  /// Most files are small, most bytes are in large ones.
  std::size_t file_size() {
    const std::size_t kind = numbers_.below(100);
    if (kind < 70) return 200 + numbers_.below(8'000);
    return kind < 97 ? 8'000 + numbers_.below(60'000) : 100'000 + numbers_.below(1'500'000);
  }

 private:
  Numbers numbers_;
  std::array<std::string, 4096> words_;
};

std::string make_tar(std::size_t layer) {
  Content content(layer + 1);
  test::TarBuilder tar;
  std::size_t left = kLayerMegabytes[layer] * 1'000'000;
  for (std::size_t number = 0; left > 0; ++number) {
    const std::string folder = "usr/share/part" + std::to_string(layer) + "/" + std::to_string(number / 40);
    if (number % 40 == 0) tar.folder(folder);
    const std::size_t size = std::min(left, content.file_size());
    tar.file(folder + "/file" + std::to_string(number), content.make(size));
    left -= size;
  }
  return tar.finish();
}

std::string gzip(const std::string& data) {
  z_stream stream{};
  constexpr int kGzip = 16 + MAX_WBITS;
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    std::abort();
  std::string out(deflateBound(&stream, data.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& data) {
  std::string out(ZSTD_compressBound(data.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), data.data(), data.size(), 3);
  if (ZSTD_isError(size) != 0) std::abort();
  out.resize(size);
  return out;
}

struct Layer {
  std::string tar, blob;
};

/// Each index once, on as many threads as there are processors.
void in_parallel(std::size_t count, std::size_t parallel, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < parallel; ++i) {
    threads.emplace_back([&] {
      for (std::size_t index = next++; index < count; index = next++) work(index);
    });
  }
}

std::size_t processors() { return std::max(1u, std::thread::hardware_concurrency()); }

std::vector<Layer> make_layers() {
  std::vector<Layer> layers(kLayerMegabytes.size());
  in_parallel(layers.size(), processors(), [&](std::size_t i) {
    layers[i].tar = make_tar(i);
    layers[i].blob = i + 1 == layers.size() ? zstd(layers[i].tar) : gzip(layers[i].tar);
  });
  return layers;
}

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

void push_image(const std::string& host, const std::vector<Layer>& layers) {
  const auto client = need(registry::RegistryClient::connect(host, {}, std::nullopt, {}));
  registry::Manifest manifest;
  manifest.media_type = registry::media_type::kOciManifest;
  std::string diff_ids;
  for (const Layer& layer : layers) {
    const bool last = &layer == &layers.back();
    manifest.layers.push_back(
        push(*client, last ? registry::media_type::kOciLayerZstd : registry::media_type::kOciLayerGzip,
             layer.blob));
    diff_ids += (diff_ids.empty() ? "\"sha256:" : ",\"sha256:") + sys::sha256_hex(layer.tar) + "\"";
  }
  manifest.config = push(
      *client, registry::media_type::kOciConfig,
      R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[)" + diff_ids + "]}}");
  const std::string json = registry::encode_manifest(manifest);
  need(client->push_manifest(
      "bench", "1", {manifest.media_type, json, model::Digest::from_sha256_hex(sys::sha256_hex(json))}));
}

void inflate(const Layer& layer) {
  MemoryChunks input(layer.blob, 256 * 1024);
  const auto decoder = need(make_decompressor(sniff_compression(layer.blob), input));
  BufferedChunks chunks(*decoder);
  while (!need(chunks.next()).empty()) {
  }
}

void write(const Layer& layer, const std::string& folder) {
  need(sys::make_directories(folder));
  const sys::UniqueFd root = need(sys::open_file(folder, O_RDONLY | O_DIRECTORY));
  MemoryChunks chunks(layer.tar, 256 * 1024);
  need(unpack_tar(chunks, root.value()));
}

void pull(const std::string& name, const std::string& data_root) {
  const auto database = need(sys::Database::open(data_root + "/state.db"));
  const auto snapshots = need(runtime::snapshot::SnapshotStore::open(*database, data_root));
  const auto images = need(ImageStore::open(*database, *snapshots, data_root));
  need(pull_image(*images, name, "", {}, {}, {}));
}

struct Figure {
  std::string name;
  std::function<void()> work;
  double best = 1e9, best_cpu = 1e9;
};

void measure(Figure& figure) {
  const double cpu = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  figure.work();
  const auto taken = std::chrono::steady_clock::now() - start;
  figure.best_cpu = std::min(figure.best_cpu, cpu_seconds() - cpu);
  figure.best = std::min(figure.best, std::chrono::duration<double>(taken).count());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string scratch = argv[1];
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  const std::vector<Layer> layers = make_layers();
  const test::Registry server;
  push_image(server.host(), layers);
  const auto each = [&](std::size_t parallel, const std::function<void(std::size_t)>& work) {
    return [&layers, parallel, work] { in_parallel(layers.size(), parallel, work); };
  };
  int folders = 0;
  std::string folder;
  const auto write_layer = [&](std::size_t i) { write(layers[i], folder + "/" + std::to_string(i)); };
  std::vector<Figure> figures;
  figures.push_back({"inflate", each(processors(), [&](std::size_t i) { inflate(layers[i]); })});
  figures.push_back({"write, one thread", each(1, write_layer)});
  figures.push_back({"write, a thread each processor", each(processors(), write_layer)});
  figures.push_back({"write and sync", [&] {
                       each(processors(), write_layer)();
                       const sys::UniqueFd root = need(sys::open_file(folder, O_RDONLY | O_DIRECTORY));
                       ::syncfs(root.value());
                     }});
  figures.push_back({"pull", [&] { pull(server.host() + "/bench:1", folder); }});
  for (int round = 0; round < rounds; ++round) {
    for (Figure& figure : figures) {
      if (argc > 3 && figure.name != argv[3]) continue;
      // Each begins with nothing left to be written back, in a new folder: ext4 goes slowly where it has just
      // removed much.
      folder = scratch + "/" + std::to_string(++folders);
      need(sys::make_directories(folder));
      ::sync();
      measure(figure);
    }
  }
  need(sys::remove_tree(scratch));
  for (const Figure& figure : figures) {
    if (argc > 3 && figure.name != argv[3]) continue;
    std::printf("%8.3f %8.3f %s\n", figure.best, figure.best_cpu, figure.name.c_str());
  }
  return 0;
}
