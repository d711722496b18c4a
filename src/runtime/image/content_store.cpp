// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/content_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <ctime>

#include <fmt/format.h>

#include "runtime/image/byte_source.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/file_lock.h"
#include "sys/path_at.h"

namespace runtime::image {
namespace {

constexpr std::string_view kTemporaryPrefix = "ingest-";
constexpr std::string_view kPartialPrefix = "partial-";  ///< Followed by the digest the blob shall have.
constexpr std::time_t kStale = 24 * 3600;

}  // namespace

Ingest::Ingest(std::string folder, std::string temporary, sys::UniqueFd fd, Digesting digesting)
    : folder_(std::move(folder)),
      temporary_(std::move(temporary)),
      fd_(std::move(fd)),
      digesting_(digesting) {}

Ingest::~Ingest() {
  if (fd_.valid() && !(keep_ && size_ > 0)) static_cast<void>(sys::remove_tree(temporary_));
}

base::Result<> Ingest::replay(const ByteSink& sink) const {
  FileChunks chunks(fd_.value(), 0, size_);
  while (true) {
    const std::string_view data = TRY(chunks.next());
    if (data.empty()) return {};
    TRY(sink(data));
  }
}

base::Result<> Ingest::restart() {
  TRY(sys::truncate_file(fd_.value(), 0));
  size_ = 0;
  hash_ = {};
  return {};
}

base::Result<> Ingest::write(std::string_view data) {
  TRY_WHILE(sys::write_all(fd_.value(), data), fmt::format("writing {}", temporary_));
  if (digesting_ == Digesting::Here) hash_.update(data);
  size_ += std::ssize(data);
  return {};
}

base::Result<model::Digest> Ingest::commit(const std::optional<model::Digest>& expected) {
  const bool believed = digesting_ == Digesting::BySource && expected;
  model::Digest digest = believed ? *expected : model::Digest::from_sha256_hex(hash_.finish_hex());
  if (expected && *expected != digest) {
    return base::fail(base::ErrorClass::Invalid, fmt::format("the content's digest is {}, expected {}",
                                                             digest.text(), expected->text()));
  }
  TRY(sys::rename_path(temporary_, fmt::format("{}/{}", folder_, digest.hex())));
  fd_.reset();
  return digest;
}

ContentStore::ContentStore(std::string data_root) : folder_(std::move(data_root) + "/blobs/sha256") {}

std::string ContentStore::path(const model::Digest& digest) const {
  return fmt::format("{}/{}", folder_, digest.hex());
}

base::Result<Ingest> ContentStore::ingest(Digesting digesting) {
  while (true) {
    auto made =
        TRY(open_ingest(fmt::format("{}/{}{}", folder_, kTemporaryPrefix, sys::random_hex(8)), digesting));
    if (made) return *std::move(made);
  }
}

/// Nothing when another process has it.
base::Result<std::optional<Ingest>> ContentStore::open_ingest(const std::string& temporary,
                                                              Digesting digesting) {
  constexpr int kFlags = O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW;
  auto fd = sys::open_file(temporary, kFlags, 0600);
  if (!fd && fd.error().errno_value == ENOENT) {
    TRY(sys::make_directories(folder_, 0700));
    fd = sys::open_file(temporary, kFlags, 0600);
  }
  Ingest ingest(folder_, temporary, TRY(std::move(fd)), digesting);
  const auto free = [&]() -> base::Result<bool> {
    if (!TRY(sys::try_lock(ingest.fd_.value()))) return false;
    // Between opening and locking its owner may have committed it, or a sweep have removed it.
    ingest.size_ = static_cast<std::int64_t>(TRY(sys::file_facts(ingest.fd_.value())).size);
    return sys::is_file_at(ingest.fd_.value(), temporary);
  }();
  if (free && *free) return std::optional(std::move(ingest));
  ingest.fd_.reset();
  if (!free) return base::fail(free.error());
  return std::optional<Ingest>();
}

base::Result<Ingest> ContentStore::resume(const model::Digest& digest, std::int64_t size) {
  auto partial =
      TRY(open_ingest(fmt::format("{}/{}{}", folder_, kPartialPrefix, digest.hex()), Digesting::BySource));
  if (!partial) return ingest(Digesting::BySource);
  if (partial->size_ > size) TRY(partial->restart());
  return *std::move(partial);
}

base::Result<model::Digest> ContentStore::put(std::string_view data) {
  Ingest ingest = TRY(this->ingest());
  TRY(ingest.write(data));
  return ingest.commit(std::nullopt);
}

base::Result<sys::UniqueFd> ContentStore::open(const model::Digest& digest) const {
  auto fd = sys::open_file(path(digest), O_RDONLY);
  if (!fd && fd.error().errno_value == ENOENT) {
    return base::fail(base::ErrorClass::NotFound, fmt::format("no such blob: {}", digest.text()));
  }
  return fd;
}

base::Result<std::string> ContentStore::read(const model::Digest& digest, std::size_t limit) const {
  const sys::UniqueFd fd = TRY(open(digest));
  std::string data = TRY(sys::read_all(fd.value(), digest.text(), limit));
  if (sys::sha256_hex(data) != digest.hex()) {
    return base::fail(base::ErrorClass::Invalid, fmt::format("the stored blob {} is damaged", digest.text()));
  }
  return data;
}

bool ContentStore::contains(const model::Digest& digest) const { return sys::path_exists(path(digest)); }

std::optional<std::int64_t> ContentStore::size(const model::Digest& digest) const {
  const auto fd = open(digest);
  if (!fd) return std::nullopt;
  const auto status = sys::stat_fd(fd->value());
  return status ? std::optional<std::int64_t>(status->st_size) : std::nullopt;
}

base::Result<> ContentStore::remove(const model::Digest& digest) { return sys::remove_tree(path(digest)); }

base::Result<std::vector<model::Digest>> ContentStore::list() const {
  std::vector<model::Digest> out;
  if (!sys::path_exists(folder_)) return out;
  for (const std::string& name : TRY(sys::list_directory(folder_))) {
    const auto digest = model::Digest::parse("sha256:" + name);
    if (digest) out.push_back(*digest);
  }
  return out;
}

base::Result<bool> ContentStore::verify(const model::Digest& digest,
                                        const std::function<base::Result<>()>& guard) const {
  const sys::UniqueFd fd = TRY(open(digest));
  FdChunks chunks(fd.value());
  sys::Sha256 hash;
  while (true) {
    if (guard) TRY(guard());
    const std::string_view data = TRY(chunks.next());
    if (data.empty()) return hash.finish_hex() == digest.hex();
    hash.update(data);
  }
}

base::Result<std::int64_t> ContentStore::sweep(Unfinished unfinished) {
  std::int64_t freed = 0;
  if (!sys::path_exists(folder_)) return freed;
  for (const std::string& name : TRY(sys::list_directory(folder_))) {
    const bool partial = name.starts_with(kPartialPrefix);
    if (!partial && !name.starts_with(kTemporaryPrefix)) continue;
    const std::string path = folder_ + "/" + name;
    const auto fd = sys::open_file(path, O_RDONLY | O_NOFOLLOW);
    // Whoever holds the lock still writes it.
    if (!fd || !TRY(sys::try_lock(fd->value()))) continue;
    // Its owner may have committed it before the lock, and another one begun under that name.
    if (!TRY(sys::is_file_at(fd->value(), path))) continue;
    const struct stat status = TRY(sys::stat_fd(fd->value()));
    const bool fresh = status.st_mtime + kStale > std::time(nullptr);
    if (partial && fresh && unfinished == Unfinished::Keep) continue;
    TRY(sys::remove_tree(path));
    freed += status.st_blocks * 512;
  }
  return freed;
}

}  // namespace runtime::image
