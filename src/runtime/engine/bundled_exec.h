// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine_client/exec.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {

/// engine_client::Exec: joins the namespaces of a running container.
class BundledExec final : public engine_client::Exec {
 public:
  explicit BundledExec(Stores& stores) : stores_(stores) {}
  base::Result<int> run(const std::string& container, const engine_client::ExecSpec& spec,
                        const engine_client::TerminalStreams& streams,
                        const base::Cancellation& cancellation) override;

 private:
  Stores& stores_;
};

}  // namespace runtime::engine
