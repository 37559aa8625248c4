// Trains and evaluates on a CSV without a server, for sweeps. Not part of the extension.
//   experiment DIR [--min-count N] [--attribute first_genre|genres|mod50|attribute_ids|none] [--test] [--csv] name=value ...
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include "hrr/error.hpp"
#include "training/evaluation.hpp"
#include "training/trainer.hpp"

using namespace holomamba;

namespace {

std::vector<std::vector<std::string>> read_csv(const std::string& path) {
    std::vector<std::vector<std::string>> rows;
    FILE* pipe = popen(("zcat " + path).c_str(), "r");
    char* line = nullptr;
    size_t size = 0;
    while (getline(&line, &size, pipe) > 0) {
        std::vector<std::string> fields(1);
        bool quoted = false;
        for (const char* p = line; *p && *p != '\n'; p++) {
            if (*p == '"') quoted = !quoted;
            else if (*p == ',' && !quoted) fields.emplace_back();
            else fields.back() += *p;
        }
        rows.push_back(fields);
    }
    free(line);
    pclose(pipe);
    return rows;
}

}  // namespace

int main(int argc, char** argv) try {
    const std::string dir = argv[1];
    std::string attribute = "none";
    int min_count = 1;
    bool test = false, validation = true;
    Options options;
    for (int i = 2; i < argc; i++) {
        const std::string a = argv[i];
        if (a == "--min-count") min_count = atoi(argv[++i]);
        else if (a == "--attribute") attribute = argv[++i];
        else if (a == "--test") test = true;
        else options.set(a.substr(0, a.find('=')), a.substr(a.find('=') + 1));
    }
    validation = options.validation == "on";
    auto events = read_csv(dir + "/interactions.csv.gz");
    events.erase(events.begin());
    std::map<int, int> counts;
    for (auto& e : events) counts[stoi(e[1])]++;
    std::map<int, int> index;
    for (auto& [item, count] : counts) if (count >= min_count) { int n = (int)index.size(); index[item] = n; }
    Dataset data;
    data.catalogue.items = (int)index.size();
    if (attribute != "none") {
        std::vector<std::vector<std::string>> values(index.size());
        if (attribute == "mod50") { for (auto& [item, i] : index) values[i] = {std::to_string(item % 50)}; }
        else {
            auto items = read_csv(dir + "/items.csv.gz");
            int column = 0;
            const std::string wanted = attribute == "first_genre" ? "genres" : attribute;
            for (size_t c = 0; c < items[0].size(); c++) if (items[0][c] == wanted) column = (int)c;
            items.erase(items.begin());
            for (auto& row : items) {
                auto found = index.find(stoi(row[0]));
                if (found == index.end()) continue;
                std::stringstream parts(row[column]);
                std::string value;
                while (getline(parts, value, '|')) { values[found->second].push_back(value); if (attribute == "first_genre") break; }
            }
        }
        Attribute a;
        a.name = attribute;
        std::map<std::string, int> labels;
        for (auto& list : values) for (auto& v : list) labels.emplace(v, 0);
        for (auto& [v, i] : labels) i = a.values++;
        a.offsets.push_back(0);
        for (auto& list : values) { for (auto& v : list) a.indices.push_back(labels[v]); a.offsets.push_back((int)a.indices.size()); }
        data.catalogue.attributes.push_back(a);
    }
    std::vector<std::int32_t> history;
    for (size_t i = 0; i < events.size(); i++) {
        auto found = index.find(stoi(events[i][1]));
        if (found != index.end()) history.push_back(found->second);
        if (i + 1 == events.size() || events[i + 1][0] != events[i][0]) {
            data.add_user(history);
            data.hold_out((int)history.size() - 1, validation, false);
            history.clear();
        }
    }
    Trainer trainer(std::move(data), options);
    std::printf("%d users %d items %lld events, kernels %s\n", trainer.data().users(), trainer.data().catalogue.items, (long long)trainer.training_events(), kernels().name);
    const int threads = thread_count(options.threads);
    for (;;) {
        const EpochReport r = trainer.run_epoch(nullptr);
        std::printf("%3d loss %.4f  %.1f s", r.epoch, r.loss, r.seconds);
        if (r.validation) std::printf("  valid %.4f %.4f%s", r.validation->hit_rate(), r.validation->ndcg(), r.best ? " *" : "");
        std::printf("\n");
        std::fflush(stdout);
        if (r.last) break;
    }
    if (test) for (bool excl : {true, false}) {
        auto e = evaluate_model(trainer.network(), trainer.best(), options, trainer.data(), Held::test, {10, excl, threads}, nullptr);
        std::printf("test %s hit_rate %.4f ndcg %.4f mrr %.4f coverage %.3f\n", excl ? "P-excl" : "P-open", e.metrics.hit_rate(), e.metrics.ndcg(), e.metrics.mrr(), e.coverage);
    }
} catch (const Error& e) { std::fprintf(stderr, "%s (%s)\n", e.what(), e.hint().c_str()); return 1; }
