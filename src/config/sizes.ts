/** How much of a kind the pipeline holds; `p4/sizes.p4` decides, and a test compares with `src/dataplane/sizes.ts`. */
export const PIPELINE_SIZE = { services: 1024, stores: 4096, pools: 64, clients: 65_536 } as const;
