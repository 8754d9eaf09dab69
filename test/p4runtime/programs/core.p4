#define CORE
#include "every_entity.p4"
