/** What several parts ask of pools and of the services that use them. */

/** Names of the pools that a service's requests may go to: its own, and those of its rules. */
export function poolsOf({
  pool,
  rules,
}: {
  readonly pool: string;
  readonly rules: readonly { readonly pool: string }[];
}): Set<string> {
  return new Set([pool, ...rules.map((rule) => rule.pool)]);
}

/** Whether the policy looks at what stores have not answered. */
export function isByLoad({ policy }: { readonly policy: string }): boolean {
  return policy === 'least-of-2' || policy === 'least-of-4';
}
