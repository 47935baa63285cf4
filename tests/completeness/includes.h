// What all programs of this directory include, compiled once for each compiler.
#ifndef DAYBOOK_TESTS_COMPLETENESS_INCLUDES_H_
#define DAYBOOK_TESTS_COMPLETENESS_INCLUDES_H_

#include "daybook/aggregates/aggregate.h"
#include "daybook/aggregates/decision.h"
#include "daybook/projections/projection.h"
#include "daybook/testkit/given.h"
#include "safe.daybook.h"
#include "wallet.daybook.h"

#endif  // DAYBOOK_TESTS_COMPLETENESS_INCLUDES_H_
