// The headers that most files of the extension need, compiled once (Makefile). Every file still includes what it uses.
#pragma once

#include "base/standard.hpp"
#include "postgres/server/compat.h"
#include "postgres/server/interrupts.hpp"
#include "postgres/server/spi.hpp"

extern "C" {
#include "access/table.h"
#include "access/xact.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
}
