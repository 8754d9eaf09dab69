/** What clients ask for and how long a store of mean speed takes for it, in units of the mean service time. */
import { NFS3_PROCEDURE, type Nfs3ProcedureName } from '../wire/nfs3';
import { Weighted, type Draws } from './random';

export interface Work {
  /** NFSv3 procedure number. */
  procedure: number;
  /** Mean 1 over all work of the workload. */
  service: number;
}

export interface Workload {
  name: string;
  description: string;
  draw(draws: Draws): Work;
}

/** Every request a GETATTR, which may go anywhere. */
function idempotent(name: string, description: string, service: (draws: Draws) => number): Workload {
  return {
    name,
    description,
    draw: (draws) => ({ procedure: NFS3_PROCEDURE.GETATTR, service: service(draws) }),
  };
}

/** One request in ten takes ten times as long as the others. */
const SHORT = 1 / 1.9;
const LONG_SHARE = 0.1;

/** Of the logarithm: a squared coefficient of variation of e^(1.5^2) - 1 = 8.5. */
const SIGMA = 1.5;

/**
 * Shares of SPECsfs2008's NFSv3 mix, in percent; service times relative to each other, exponentially distributed per
 * procedure: data and directories take several times as long as attributes, as does what must be written through.
 */
const NFS_MIX: readonly [name: Nfs3ProcedureName, share: number, service: number][] = [
  ['GETATTR', 26, 0.5],
  ['LOOKUP', 24, 0.6],
  ['READ', 18, 1.5],
  ['ACCESS', 11, 0.5],
  ['WRITE', 10, 2],
  ['SETATTR', 4, 1.5],
  ['READDIRPLUS', 2, 3],
  ['READLINK', 1, 0.5],
  ['READDIR', 1, 2],
  ['CREATE', 1, 2.5],
  ['REMOVE', 1, 2.5],
  ['FSSTAT', 1, 0.5],
];

function nfsMix(): Workload {
  const shares = new Weighted(NFS_MIX.map(([, share]) => share));
  const total = NFS_MIX.reduce((sum, [, share]) => sum + share, 0);
  const mean = NFS_MIX.reduce((sum, [, share, service]) => sum + share * service, 0) / total;
  const kinds = NFS_MIX.map(([name, , service]) => ({
    procedure: NFS3_PROCEDURE[name],
    service: service / mean,
  }));
  return {
    name: 'nfs_mix',
    description: 'NFSv3 procedures as in SPECsfs2008; WRITE is placed by object, other changes by request',
    draw(draws) {
      const { procedure, service } = kinds[shares.draw(draws)] as Work;
      return { procedure, service: service * draws.exponential() };
    },
  };
}

export const WORKLOADS: readonly Workload[] = [
  idempotent('exponential', 'exponential service times', (draws) => draws.exponential()),
  idempotent('bimodal', 'one request in ten takes ten times as long', (draws) =>
    draws.isBelow(LONG_SHARE) ? 10 * SHORT : SHORT,
  ),
  idempotent('heavy_tailed', `lognormal service times, sigma ${SIGMA}`, (draws) =>
    Math.exp(SIGMA * draws.normal() - SIGMA ** 2 / 2),
  ),
  nfsMix(),
];
