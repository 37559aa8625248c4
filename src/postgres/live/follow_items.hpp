// What becomes of items' vectors when items come, change and go.
#pragma once

#include "postgres/live/live_model.hpp"

extern "C" {
#include "commands/trigger.h"
}

namespace holomamba::postgres {

// For a trigger on the table of items: of a statement with its transition tables, or of a row. The caller holds the
// lock on the users that an activation waits for.
void follow_items(LiveModel* model, TriggerData* trigger);

}  // namespace holomamba::postgres
