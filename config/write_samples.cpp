// Writes config/samples/NETWORK.toml for every network; the argument is that folder.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "config/help.h"
#include "index/chain/coin.h"

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: write_samples FOLDER\n";
        return 2;
    }
    const std::filesystem::path folder = argv[1];
    std::filesystem::create_directories(folder);
    for (const amber::index::Coin& coin : amber::index::Coins()) {
        const auto path = folder / (std::string(coin.network) + ".toml");
        std::ofstream file(path);
        file << amber::config::SampleText(coin);
        if (!file.flush()) {
            std::cerr << "cannot write " << path << "\n";
            return 1;
        }
    }
    return 0;
}
