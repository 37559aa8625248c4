// What many users have had, gathered from events in any order.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace holomamba::ranking {

struct SeenItem {
    std::int32_t user, item;  // their places among the users and the items of a batch
};

class SeenItems {
  public:
    // Forgets all, and is ready for users 0 .. users - 1.
    void start(std::size_t users);
    void add(std::span<const SeenItem> seen);
    // After the last add: sorts, on so many threads. Memory: 12 bytes an event, of which 4 stay.
    void finish(int threads);
    // The items of a user, ascending, each once.
    std::span<const std::int32_t> of(std::size_t user) const {
        return std::span(items_).subspan(starts_[user], ends_[user] - starts_[user]);
    }

  private:
    std::vector<SeenItem> events_;
    std::vector<std::size_t> starts_, ends_;  // of each user's part of items_
    std::vector<std::int32_t> items_;
};

}  // namespace holomamba::ranking
