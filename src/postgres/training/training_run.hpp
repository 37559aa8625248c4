// A training from its first epoch to its activation; the same for CALL and for the background worker.
#pragma once

#include "postgres/server/guard.hpp"

namespace holomamba::postgres {

struct BegunTraining {
    int32 version;
    int32 id;  // never that of another
};

// Checks the arguments of train() or start_training(), which are those of the call, and makes the new version. The model is
// not NULL. SPI is connected.
BegunTraining begin_training(FunctionCallInfo fcinfo);

// How a training comes by its transactions. Between `end`, which commits, and `begin` it holds no snapshot, so that
// vacuum can do its work beside an epoch.
struct Transactions {
    void (*begin)();
    void (*end)();
};

// Reads the data, or the checkpoint of a training that was broken off, and goes through the epochs that are left; each
// is committed. Then makes the version complete and active, in one commit. Called in a transaction, returns outside of
// one. `context` must outlive transactions; it holds everything that does, the name of the model included. The caller
// holds the training's lock. Each transaction asks whether he may manage the model, and works with the rights of its owner.
void run_training(MemoryContext context, const char* model, const BegunTraining& begun,
                  const Transactions& transactions);

}  // namespace holomamba::postgres
