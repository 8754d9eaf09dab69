// SPDX-License-Identifier: Apache-2.0
// All that is v1model's own. Another architecture gets a file like this one.

#include <v1model.p4>

const bit<9> CPU_PORT = 255; // simple_switch_grpc --cpu-port 255

// Set up by the controller, one replica each: CPU_PORT.
const bit<32> CPU_CLONE_SESSION    = 1; // whole frames
const bit<32> RECORD_CLONE_SESSION = 2; // the first octets of what is recorded
#define FIELD_LIST_PUNT 1

#define NOW_US standard_metadata.ingress_global_timestamp
