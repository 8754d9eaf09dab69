/** The meter of what clients send to the controller: its cells are shared out by a hash of the client's address. */
export const CLIENT_RATE = 'client_rate';
