// Reads test/golden/*.txt: see the README there.
#pragma once

#include <cstdlib>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/catalogue.hpp"
#include "model/options.hpp"

namespace holomamba {

// The records of a file by their names, and the names in the order of the file.
inline std::map<std::string, std::vector<double>> read_golden(const std::string& path,
                                                              std::vector<std::string>* names = nullptr) {
    std::ifstream file(std::string(GOLDEN_DIR) + "/" + path);
    if (!file) throw std::runtime_error("no golden vectors in " + path);
    std::map<std::string, std::vector<double>> records;
    std::string name, word;
    int rank;
    while (file >> name >> rank) {
        std::size_t count = 1;
        for (int i = 0; i < rank; i++) {
            std::size_t extent;
            file >> extent;
            count *= extent;
        }
        std::vector<double>& values = records[name];
        for (std::size_t i = 0; i < count && file >> word; i++) values.push_back(std::strtod(word.c_str(), nullptr));
        if (names) names->push_back(name);
    }
    return records;
}

struct Golden {
    std::map<std::string, std::vector<double>> records;
    model::Options options;
    model::Catalogue catalogue;
    std::vector<std::vector<std::int32_t>> sequences;

    explicit Golden(const std::string& variant) {
        std::vector<std::string> names;
        records = read_golden("network_" + variant + ".txt", &names);
        for (const char* option : {"dimension", "layers", "state_size", "expand", "conv_width", "feed_forward"})
            options.set(option, std::to_string(integer("option." + std::string(option))));
        options.residual = integer("option.post") ? "post" : "pre";
        options.head = integer("option.tied") ? "tied" : "untied";
        options.repeats = "ignored";
        options.initialisation = integer("option.paper_scale") ? "paper" : "small";
        options.dropout = options.item_dropout = 0;
        catalogue.items = integer("catalogue.items");
        for (const std::string& record : names) {
            const std::string suffix = ".kind";
            if (!record.starts_with("attribute.") || !record.ends_with(suffix)) continue;
            const std::string prefix = record.substr(0, record.size() - suffix.size());
            model::Attribute attribute;
            attribute.name = prefix.substr(10);
            attribute.kind = integer(record) ? model::AttributeKind::number : model::AttributeKind::category;
            if (attribute.kind == model::AttributeKind::number) {
                for (const double x : at(prefix + ".numbers")) attribute.numbers.push_back(static_cast<float>(x));
            } else {
                attribute.values = integer(prefix + ".values");
                attribute.offsets = integers(prefix + ".offsets");
                attribute.indices = integers(prefix + ".indices");
            }
            catalogue.attributes.push_back(attribute);
        }
        for (int j = 0; records.contains("sequence." + std::to_string(j)); j++)
            sequences.push_back(integers("sequence." + std::to_string(j)));
    }

    const std::vector<double>& at(const std::string& name) const { return records.at(name); }
    int integer(const std::string& name) const { return static_cast<int>(at(name).at(0)); }
    std::vector<std::int32_t> integers(const std::string& name) const { return {at(name).begin(), at(name).end()}; }
};

}  // namespace holomamba
