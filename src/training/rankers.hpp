// Simple rankers, to compare a model with: what a query could do.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/stop.hpp"
#include "training/dataset.hpp"

namespace holomamba::training {

// Learned from the training events of a data set alone, ready when it is made, and the same for any number of threads.
class Ranker {
  public:
    virtual ~Ranker() = default;
    // Scores of all items after a history, written over.
    virtual void score(std::span<const std::int32_t> history, std::span<float> scores) const = 0;
};

// By the number of training events that are targets.
class Popularity : public Ranker {
  public:
    explicit Popularity(const Dataset& data);
    void score(std::span<const std::int32_t> history, std::span<float> scores) const override;

  private:
    std::vector<float> counts_;
};

// By the number of targets among the last tenth of the training events, by their times; popularity decides among equals. Of data
// without times it is Popularity.
class RecentPopularity : public Ranker {
  public:
    explicit RecentPopularity(const Dataset& data);
    void score(std::span<const std::int32_t> history, std::span<float> scores) const override;

  private:
    std::vector<float> counts_;
};

// Item-based nearest neighbours (Sarwar et al. 2001): the sum over the user's last items of the cosine between the sets of users
// of two items, where it is among an item's highest; the last item counts whole, the one before half, the third a third. A cosine
// is shrunk by n / (n + 10) where n users have both items (Bell and Koren 2007). Popularity decides among equals.
class ItemNeighbours : public Ranker {
  public:
    ItemNeighbours(const Dataset& data, int threads, const base::StopCheck& stop);
    void score(std::span<const std::int32_t> history, std::span<float> scores) const override;

  private:
    struct Neighbour {
        std::int32_t item;
        float cosine;  // shrunk
    };
    std::vector<float> popularity_;
    std::vector<std::vector<Neighbour>> neighbours_;  // of each item
};

// What came next: the share of each item among those that followed the user's last item, and half of its share among those that
// came one later after the item before. Popularity decides among equals.
class Transitions : public Ranker {
  public:
    explicit Transitions(const Dataset& data);
    void score(std::span<const std::int32_t> history, std::span<float> scores) const override;

  private:
    // All items that came so many events after each item, one entry a time.
    struct Followers {
        std::vector<std::int64_t> starts;
        std::vector<std::int32_t> items;
    };
    static Followers followers(const Dataset& data, int distance);
    static void add(const Followers& followers, std::int32_t item, float weight, std::span<float> scores);

    std::vector<float> popularity_;
    Followers next_, after_next_;
};

}  // namespace holomamba::training
