// Carries the precompiled headers of the rooms.
#include "precompiled.h"
