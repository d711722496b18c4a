// SPDX-License-Identifier: Apache-2.0
#include "compose/load/passes.h"

namespace compose::load {
namespace {

void fill(Tree& map, std::string_view key, Tree value) {
  if (map.is_mapping() && map.find(key) == nullptr) map.set(key, std::move(value));
}

void fill_items(Tree* list, void (*fill_item)(Tree&)) {
  if (list == nullptr) return;
  for (Tree& item : list->items) fill_item(item);
}

void port_defaults(Tree& port) {
  fill(port, "mode", Tree::string("ingress"));
  fill(port, "protocol", Tree::string("tcp"));
}

void secret_defaults(Tree& secret) {
  if (!secret.text_of("source").empty()) {
    fill(secret, "target", Tree::string("/run/secrets/" + std::string(secret.text_of("source"))));
  }
}

/// A request that names neither a count nor devices wants them all.
void device_request_defaults(Tree& request) {
  if (request.find("count") == nullptr && request.find("device_ids") == nullptr) {
    fill(request, "count", Tree::string("all"));
  }
}

}  // namespace

void set_defaults(Tree& root) {
  Tree* services = root.find("services");
  if (services == nullptr) return;
  for (Entry& entry : services->entries) {
    Tree& service = entry.value;
    fill_items(service.find("ports"), port_defaults);
    fill_items(service.find("secrets"), secret_defaults);
    fill_items(service.find("gpus"), device_request_defaults);
    if (Tree* build = service.find("build")) fill(*build, "context", Tree::string("."));
    Tree* node = service.find("deploy");
    for (const std::string_view key : {"resources", "reservations", "devices"}) {
      if (node != nullptr) node = node->find(key);
    }
    fill_items(node, device_request_defaults);
  }
}

}  // namespace compose::load
