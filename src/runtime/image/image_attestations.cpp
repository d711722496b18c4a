// SPDX-License-Identifier: Apache-2.0
// What is attested of images, as blobs beside their records.
#include <fmt/format.h>

#include "runtime/image/image_store.h"

namespace runtime::image {

base::Result<> ImageStore::attest(const std::string& image_id, const std::vector<Attestation>& attestations) {
  std::vector<model::Digest> before;
  TRY(database_.transaction([&]() -> base::Result<> {
    before = TRY(replace_attestations(image_id, attestations));
    return {};
  }));
  for (const model::Digest& blob : before) TRY(remove_unused_blob(blob));
  return {};
}

/// Within a transaction: who removes unused blobs waits for it. Returns the blobs that may not be needed now.
base::Result<std::vector<model::Digest>> ImageStore::replace_attestations(
    const std::string& image_id, const std::vector<Attestation>& attestations) {
  std::size_t bytes = 0;
  for (const Attestation& attestation : attestations) bytes += attestation.statement.json.size();
  if (attestations.size() > kMostStatements || bytes > kMostStatementBytes) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("{} statements of {} bytes about an image: {} of {} are the most",
                                  attestations.size(), bytes, kMostStatements, kMostStatementBytes));
  }
  std::vector<model::Digest> before = TRY(forget_attestations(image_id));
  std::int64_t position = 0;
  for (const Attestation& attestation : attestations) {
    const model::Digest blob = TRY(content_.put(attestation.statement.json));
    TRY(database_.run("INSERT INTO image_attestations (image, position, blob, origin) VALUES (?, ?, ?, ?)",
                      {image_id, position++, blob.text(), attestation.origin}));
  }
  return before;
}

base::Result<std::vector<model::Digest>> ImageStore::attestation_blobs(const std::string& image_id) {
  std::vector<std::string> blobs;
  TRY(database_.run("SELECT blob FROM image_attestations WHERE image = ?", {image_id},
                    [&](const sys::Row& row) { blobs.push_back(row.text(0)); }));
  std::vector<model::Digest> out;
  for (const std::string& blob : blobs) out.push_back(TRY(model::Digest::parse(blob)));
  return out;
}

base::Result<std::vector<model::Digest>> ImageStore::forget_attestations(const std::string& image_id) {
  std::vector<model::Digest> out = TRY(attestation_blobs(image_id));
  TRY(database_.run("DELETE FROM image_attestations WHERE image = ?", {image_id}));
  return out;
}

base::Result<std::vector<Attestation>> ImageStore::attestations(const std::string& image_id) {
  std::vector<std::pair<std::string, std::string>> rows;
  TRY(database_.run("SELECT blob, origin FROM image_attestations WHERE image = ? ORDER BY position",
                    {image_id}, [&](const sys::Row& row) { rows.emplace_back(row.text(0), row.text(1)); }));
  std::vector<Attestation> out;
  for (const auto& [blob, origin] : rows) {
    const std::string json = TRY_WHILE(content_.read(TRY(model::Digest::parse(blob)), kLargestStatement),
                                       "reading what is attested of the image");
    out.push_back({TRY(parse_statement(json)), origin});
  }
  return out;
}

base::Result<std::vector<Attestation>> ImageStore::find_attestations(const std::string& origin) {
  std::string image;
  TRY(database_.run("SELECT image FROM image_attestations WHERE origin = ? LIMIT 1", {origin},
                    [&](const sys::Row& row) { image = row.text(0); }));
  auto all = attestations(image);
  if (!all) return std::vector<Attestation>();
  std::erase_if(*all, [&](const Attestation& one) { return one.origin != origin; });
  return all;
}

base::Result<std::int64_t> ImageStore::size_of_attestations(const std::string& image_id) {
  std::int64_t size = 0;
  for (const model::Digest& blob : TRY(attestation_blobs(image_id))) size += content_.size(blob).value_or(0);
  return size;
}

}  // namespace runtime::image
