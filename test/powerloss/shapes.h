/* The media that logs are tried on. */
#ifndef POWERLOSS_SHAPES_H
#define POWERLOSS_SHAPES_H

#include "world.h"

extern const struct shape shapes[];
extern const uint32_t shapes_count;

#endif
