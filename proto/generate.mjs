/** Generates TypeScript from our .proto files: `node generate.mjs [OUT_DIR]`, default src/generated. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, 'src', 'generated'));
const plugin = join(
  dirname(createRequire(import.meta.url).resolve('ts-proto/package.json')),
  'protoc-gen-ts_proto',
);

const options = [
  'outputServices=grpc-js',
  'env=node',
  'forceLong=bigint',
  'oneof=unions-value',
  'esModuleInterop=true',
  'useExactTypes=false',
  'outputIndex=false',
  'annotateFilesWithVersion=false',
];
const protos = [
  'google/rpc/code.proto',
  'google/rpc/status.proto',
  'p4/config/v1/p4info.proto',
  'p4/config/v1/p4types.proto',
  'p4/v1/p4data.proto',
  'p4/v1/p4runtime.proto',
];

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
execFileSync(
  'protoc',
  [
    `--plugin=protoc-gen-ts_proto=${plugin}`,
    `--ts_proto_out=${out}`,
    `--ts_proto_opt=${options.join(',')}`,
    `--proto_path=${here}`,
    ...protos,
  ],
  { cwd: here, stdio: 'inherit' },
);
