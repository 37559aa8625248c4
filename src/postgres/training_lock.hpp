// How other sessions tell a training that is alive from one that is dead: the session that trains holds an advisory
// lock, which the server takes from it however it ends. holomamba.training_pid() in sql/30_catalogue.sql looks for the
// same key.
#pragma once

#include "postgres/guard.hpp"

extern "C" {
#include "storage/lock.h"
}

namespace holomamba::postgres {

constexpr uint32 kTrainingLockClass = 0x686d6261;  // "hmba"

// Kept over commits and errors, until it is released or the session ends.
class TrainingLock {
  public:
    // False where another session trains this.
    bool take(int32 training_id) {
        SET_LOCKTAG_ADVISORY(tag_, MyDatabaseId, kTrainingLockClass, static_cast<uint32>(training_id), 2);
        held_ = LockAcquire(&tag_, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL;
        return held_;
    }
    void release() {
        if (held_) LockRelease(&tag_, ExclusiveLock, true);
        held_ = false;
    }

  private:
    LOCKTAG tag_;
    bool held_ = false;
};

// For make_owned: an error of the server releases it.
struct OwnedTrainingLock : TrainingLock {
    ~OwnedTrainingLock() { release(); }
};

}  // namespace holomamba::postgres
