// How other sessions tell a training that is alive from one that is dead: the session that trains holds a lock, which the
// server takes from it however it ends. It is on a part of holomamba.version_catalogue, which has no command of its own and so
// nobody else can take. holomamba_internal.training_pid() in sql/30_catalogue.sql looks for the same key.
#pragma once

#include "postgres/server/guard.hpp"
#include "postgres/store/catalogue.hpp"

extern "C" {
#include "storage/lock.h"
}

namespace holomamba::postgres {

// Kept over commits and errors, until it is released or the session ends.
class TrainingLock {
  public:
    // False where another session trains this. Called in a transaction.
    bool take(int32 training_id) {
        const Oid versions = own_relation("version_catalogue");
        SET_LOCKTAG_OBJECT(tag_, MyDatabaseId, versions, static_cast<uint32>(training_id), 0);
        tag_.locktag_lockmethodid = USER_LOCKMETHOD;  // as advisory ones: kept when a transaction is rolled back
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
