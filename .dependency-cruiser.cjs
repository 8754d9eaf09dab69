/**
 * Dependencies point one way (docs/architecture.md):
 * wire <- p4runtime, switch; p4runtime <- dataplane <- controller <- gateway, cli.
 */
const layers = {
  wire: [],
  admin: [],
  afpacket: [],
  p4runtime: [],
  // `switch-ctl` speaks the admin protocol: one protocol on the sockets of this machine.
  switch: ['wire', 'admin', 'afpacket'],
  dataplane: ['wire', 'p4runtime'],
  config: ['wire', 'dataplane'],
  controller: ['wire', 'p4runtime', 'dataplane', 'config'],
  gateway: ['wire', 'afpacket', 'p4runtime', 'dataplane', 'config', 'controller', 'nfs_client'],
  demo: ['wire', 'dataplane', 'config', 'topology', 'admin'],
  kernel_client: ['wire', 'config', 'topology', 'admin', 'demo'],
  nfs_client: ['wire'],
  fuse: ['wire', 'nfs_client'],
  topology: ['config'],
  sim: ['wire', 'p4runtime', 'dataplane', 'switch', 'config', 'controller'],
  bench: [
    ...['wire', 'afpacket', 'admin', 'p4runtime', 'dataplane', 'switch', 'config', 'controller'],
    ...['gateway', 'topology', 'demo', 'sim'],
  ],
};

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: ['\\.d\\.ts$', '^src/setup/'] },
      to: {},
    },
    {
      name: 'not-to-test',
      severity: 'error',
      from: { path: '^(src|proto)/' },
      to: { path: '^test/' },
    },
    ...Object.entries(layers).map(([layer, allowed]) => ({
      name: `${layer}-layer`,
      severity: 'error',
      from: { path: `^src/${layer}/` },
      to: { path: '^src/', pathNot: [layer, ...allowed].map((l) => `^src/${l}/`) },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '(^|/)dist/' },
  },
};
