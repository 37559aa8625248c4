// Encoders of this backend, loaded from the catalogue when first needed.
#pragma once

#include "model/encoder.hpp"
#include "postgres/server/guard.hpp"
#include "postgres/store/event_columns.hpp"

namespace holomamba::postgres {

// The encoder whose weights have this fingerprint. Weights are immutable and the fingerprint is made from them, so a cached
// encoder can never be stale. Raises an error where no version in the catalogue has it.
Encoder* encoder_of_fingerprint(uint64 fingerprint);
// Whether that would take no query.
bool is_loaded(uint64 fingerprint);

// What it reads of an event beside its item.
const EventColumns& event_columns_of(uint64 fingerprint);

// What attributes of events are to the version of a model that has this fingerprint, which is made of its labels, too. To be used at
// once: the next call may replace it. In the name of who may manage the model where that takes a query.
const EventVocabulary& event_vocabulary(uint64 fingerprint, const char* model);
// Whether that would take no query.
bool has_event_vocabulary(uint64 fingerprint);

// The fingerprint of a version, as seen by the active snapshot. Raises an error where the version is not there or not ready.
uint64 fingerprint_of_version(const char* model, int32 version);

}  // namespace holomamba::postgres
