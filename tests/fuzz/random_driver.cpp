// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "sys/file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Where there is no libFuzzer: every seed of the folder given, whole and then changed at random places.
/// The same inputs every time.
int main(int argument_count, char** arguments) {
  constexpr int kRounds = 20'000;
  std::mt19937 random(1);
  std::vector<std::string> seeds = {""};
  const std::string folder = argument_count > 1 ? arguments[1] : "";
  for (const std::string& name : sys::list_directory(folder).value_or(std::vector<std::string>{})) {
    seeds.push_back(sys::read_file(folder + "/" + name).value());
  }
  if (seeds.size() < 2) {
    std::fprintf(stderr, "no seeds in %s\n", folder.c_str());
    return 1;
  }
  const auto run = [](const std::string& input) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  };
  for (const std::string& seed : seeds) run(seed);
  for (int i = 0; i < kRounds; ++i) {
    std::string input = seeds[random() % seeds.size()];
    for (unsigned changes = random() % 8; changes > 0; --changes) {
      const std::size_t at = input.empty() ? 0 : random() % input.size();
      switch (random() % 4) {
        case 0: input.insert(at, 1, static_cast<char>(random())); break;
        case 1: input.resize(at); break;
        case 2: input += seeds[random() % seeds.size()]; break;
        default:
          if (!input.empty()) input[at] = static_cast<char>(random());
      }
    }
    run(input);
  }
  return 0;
}
