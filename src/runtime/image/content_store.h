// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/digest.h"
#include "runtime/image/tar_writer.h"
#include "sys/fd.h"
#include "sys/sha256.h"

namespace runtime::image {

class ContentStore;

/// Who answers for a blob's digest.
enum class Digesting {
  Here,      ///< The store computes it while it writes.
  BySource,  ///< The caller has computed it over the very bytes it wrote, and gives it to commit().
};

/// A blob on its way into the store: a temporary file that becomes visible only by commit(). Destroyed
/// without commit, it leaves nothing, unless keep() was called. Locked, so that a sweep knows whose process
/// is gone.
class Ingest {
 public:
  Ingest(Ingest&&) noexcept = default;
  Ingest& operator=(Ingest&&) = delete;
  ~Ingest();

  base::Result<> write(std::string_view data);
  std::int64_t size() const { return size_; }
  /// What an earlier fetch left (see ContentStore::resume), piece by piece.
  base::Result<> replay(const ByteSink& sink) const;
  /// Forgets all that was written.
  base::Result<> restart();
  /// What is written so far stays for a later resume().
  void keep() { keep_ = true; }
  /// Ends the digest and puts the blob in place. Invalid when `expected` is given and differs. With
  /// Digesting::BySource `expected` must be given and is believed.
  base::Result<model::Digest> commit(const std::optional<model::Digest>& expected);

 private:
  friend class ContentStore;
  Ingest(std::string folder, std::string temporary, sys::UniqueFd fd, Digesting digesting);
  std::string folder_, temporary_;
  sys::UniqueFd fd_;
  Digesting digesting_;
  sys::Sha256 hash_;
  std::int64_t size_ = 0;
  bool keep_ = false;
};

/// What a sweep of the temporary files spares beside those whose process lives.
enum class Unfinished {
  Keep,  ///< What a fetch left that broke off less than a day ago: the next one goes on with it.
  Remove,
};

/// Immutable blobs named by their digest: `<data root>/blobs/sha256/<hex>`.
class ContentStore {
 public:
  explicit ContentStore(std::string data_root);

  base::Result<Ingest> ingest(Digesting digesting = Digesting::Here);
  /// The same for a blob whose digest is known to the caller, who digests it: goes on with what is there of
  /// it, unless another process is at it or it is longer than `size`.
  base::Result<Ingest> resume(const model::Digest& digest, std::int64_t size);
  /// A small blob at once.
  base::Result<model::Digest> put(std::string_view data);
  /// Read-only. NotFound.
  base::Result<sys::UniqueFd> open(const model::Digest& digest) const;
  /// The whole blob, digest checked; Invalid above `limit` bytes.
  base::Result<std::string> read(const model::Digest& digest, std::size_t limit) const;
  bool contains(const model::Digest& digest) const;
  std::optional<std::int64_t> size(const model::Digest& digest) const;
  base::Result<> remove(const model::Digest& digest);
  base::Result<std::vector<model::Digest>> list() const;
  /// Reads the blob and compares its digest. An error of `guard`, which is asked between, ends it.
  base::Result<bool> verify(const model::Digest& digest,
                            const std::function<base::Result<>()>& guard = {}) const;
  /// Removes temporary files that killed processes left; returns their bytes.
  base::Result<std::int64_t> sweep(Unfinished unfinished = Unfinished::Keep);

 private:
  base::Result<std::optional<Ingest>> open_ingest(const std::string& temporary, Digesting digesting);
  std::string path(const model::Digest& digest) const;
  std::string folder_;
};

}  // namespace runtime::image
