// What is done to the tables of models in the name of the extension's owner, or of the tables': SPI is connected.
#pragma once

#include "postgres/server/owner_scope.hpp"

namespace holomamba::postgres {

// Runs the statements that a query returns as rows (role, statement), each in the name of its role, or of the current one
// where that is NULL.
void run_statements(const char* query, Parameters* p);

}  // namespace holomamba::postgres
