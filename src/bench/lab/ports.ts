/** The switch's ports: one to the client, one to each store. */
export const CLIENT_PORT = 1;
export const STORE_PORTS = [2, 3, 4] as const;
export const PORTS: readonly number[] = [CLIENT_PORT, ...STORE_PORTS];

/** The veth end that the switch has. */
export function switchEnd(port: number): string {
  return `s${port}`;
}

/** The veth end that the client or store would have. */
export function testerEnd(port: number): string {
  return `t${port}`;
}
