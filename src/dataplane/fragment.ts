/** What `p4/controls/fragment.p4` and the controller must agree on. A test compares the two. */

/**
 * Fragments that the switch received further apart than this are of two datagrams: RFC 791 lets a sender use an
 * identification again once the datagram that had it is gone.
 */
export const FRAGMENT_LIFETIME_US = 100_000;
