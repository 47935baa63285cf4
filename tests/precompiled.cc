// Carries the precompiled headers of the tests.
#include "precompiled.h"
