import { bmv2 } from './bmv2';
import type { TargetKind } from './target';

/** Every target this machine might have; those it has not say why. */
export const targets: readonly TargetKind[] = [bmv2];
