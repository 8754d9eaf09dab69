import { embedded } from './embedded';
import type { TargetKind } from './target';
import { bmv2, embeddedOnVeth } from './veth';

/** Every target this machine might have; those it has not say why. */
export const targets: readonly TargetKind[] = [embedded, embeddedOnVeth, bmv2];
