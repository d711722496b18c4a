// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/repository.h"

namespace runtime::image {
namespace {

class RegistryRepository final : public Repository {
 public:
  RegistryRepository(std::unique_ptr<registry::RegistryClient> client, std::string repository)
      : client_(std::move(client)), repository_(std::move(repository)) {}

  base::Result<registry::ManifestDocument> fetch_manifest(const std::string& name) override {
    return client_->fetch_manifest(repository_, name);
  }
  base::Result<> fetch_blob(const registry::Descriptor& blob, const registry::BlobSink& sink,
                            registry::BlobPrefix prefix) override {
    return client_->fetch_blob(repository_, blob, sink, std::move(prefix));
  }
  base::Result<bool> has_blob(const model::Digest& digest, std::int64_t) override {
    return client_->has_blob(repository_, digest);
  }
  base::Result<> push_blob(const registry::BlobSource& blob) override {
    return client_->push_blob(repository_, blob);
  }
  base::Result<> push_manifest(const std::string& name, const registry::ManifestDocument& document) override {
    return client_->push_manifest(repository_, name, document);
  }

 private:
  std::unique_ptr<registry::RegistryClient> client_;
  std::string repository_;
};

}  // namespace

base::Result<std::vector<std::unique_ptr<Repository>>> open_for_pull(const model::ImageReference& reference,
                                                                     const registry::RegistryOptions& options,
                                                                     const base::Cancellation& cancellation) {
  std::vector<std::unique_ptr<Repository>> out;
  for (auto& client : TRY(registry::connect_for_pull(reference, options, cancellation))) {
    out.push_back(std::make_unique<RegistryRepository>(std::move(client), reference.repository));
  }
  return out;
}

base::Result<std::unique_ptr<Repository>> open_for_push(const model::ImageReference& reference,
                                                        const registry::RegistryOptions& options,
                                                        const base::Cancellation& cancellation) {
  const registry::CredentialStore credentials = registry::credential_store(options);
  auto client = TRY(registry::RegistryClient::connect(
      reference.registry, options, TRY(credentials.find(reference.registry)), cancellation));
  return std::make_unique<RegistryRepository>(std::move(client), reference.repository);
}

}  // namespace runtime::image
