// SPDX-License-Identifier: Apache-2.0
// All that is v1model's own. Another architecture gets a file like this one.

#include <v1model.p4>

const bit<9> CPU_PORT = 255; // simple_switch_grpc --cpu-port 255

const bit<32> CPU_CLONE_SESSION = 1; // set up by the controller, one replica: CPU_PORT
#define FIELD_LIST_PUNT 1

// To be sent with no more than so many octets.
#define CUT_SHORT(octets) truncate((bit<32>)octets)

#define NOW_US standard_metadata.ingress_global_timestamp
