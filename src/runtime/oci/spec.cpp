// SPDX-License-Identifier: Apache-2.0
#include "runtime/oci/spec.h"

namespace runtime::oci {

const Namespace* Spec::find_namespace(NamespaceType type) const {
  for (const Namespace& entry : linux_.namespaces) {
    if (entry.type == type) return &entry;
  }
  return nullptr;
}

}  // namespace runtime::oci
