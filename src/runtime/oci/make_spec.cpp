// SPDX-License-Identifier: Apache-2.0
#include "runtime/oci/make_spec.h"

#include <fmt/format.h>

#include "runtime/oci/spec_parts.h"

namespace runtime::oci {
namespace {

base::Result<> refuse_unsupported(const model::ContainerSpec& request) {
  if (!request.device_requests.empty()) {
    return base::fail(base::make_error(base::ErrorClass::Unsupported,
                                       "gpus and device reservations are not supported by the bundled engine")
                          .with_hint("name the device files under `devices`"));
  }
  if (!request.storage_opt.empty()) {
    return base::fail(base::ErrorClass::Unsupported,
                      fmt::format("storage_opt: {} is not supported by the bundled engine",
                                  request.storage_opt.begin()->first));
  }
  return {};
}

}  // namespace

base::Result<Spec> make_spec(const model::ContainerSpec& request, const model::ObservedImage& image,
                             const SpecInputs& inputs) {
  TRY(refuse_unsupported(request));
  Spec spec;
  spec.root = {inputs.root_path, request.read_only};
  spec.annotations = request.annotations;
  TRY(add_process(request, image, inputs, spec));
  TRY(add_security(request, inputs, spec));
  TRY(add_namespaces(request, inputs, spec));
  TRY(add_mounts(request, inputs, spec));
  TRY(add_resources(request, inputs, spec));
  return spec;
}

}  // namespace runtime::oci
