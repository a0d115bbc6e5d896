/* Short stories with a name, for what has gone wrong before. */
#ifndef SIMULATION_STORIES_H
#define SIMULATION_STORIES_H

#include "schedule.h"

bool simulate(const struct strikes *only);
int run_stories(const char *name); /* NULL: all; 0: they all went well */

#endif
