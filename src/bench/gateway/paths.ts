/** The ways over TCP from the client to a store. */
export const PATHS = ['gateway', 'haproxy', 'direct'] as const;
export type Path = (typeof PATHS)[number];
