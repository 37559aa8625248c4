#include "postgres/live/nested_changes.hpp"

#include "postgres/server/compat.h"

extern "C" {
#include "access/xact.h"
#include "utils/hsearch.h"
#include "utils/snapmgr.h"
}

namespace holomamba::postgres {
namespace {

// The last change of a model's events that a statement of this session has made. What a subtransaction took back stays
// noted: that costs a replay, no more.
struct Change {
    Oid users;                  // which stands for the model
    TransactionId transaction;  // the top one
    CommandId command;
};

HTAB* changes = nullptr;

// A trigger runs under the snapshot of its statement: nothing that it has called has left one of its own.
CommandId statement() {
    return GetActiveSnapshot()->curcid;
}

}  // namespace

void note_change(const LiveModel* model) {
    if (changes == nullptr) {
        HASHCTL control{};
        control.keysize = sizeof(Oid);
        control.entrysize = sizeof(Change);
        changes = hash_create("holomamba changes of events", 8, &control, HASH_ELEM | HASH_BLOBS);
    }
    const TransactionId transaction = GetTopTransactionId();
    bool found;
    auto* change = static_cast<Change*>(hash_search(changes, &model->users, HASH_ENTER, &found));
    // Of two that run one within the other the inner ends first and began last.
    if (found && change->transaction == transaction && change->command > statement()) return;
    change->transaction = transaction;
    change->command = statement();
}

bool changed_since_it_began(const LiveModel* model) {
    if (changes == nullptr) return false;
    const auto* change = static_cast<const Change*>(hash_search(changes, &model->users, HASH_FIND, nullptr));
    return change != nullptr && change->transaction == GetTopTransactionIdIfAny() && change->command > statement();
}

}  // namespace holomamba::postgres
