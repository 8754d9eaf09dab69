export { SmbError } from './errors';
export type { MountedExport, Mounter, MountRequest } from './mounter';
export { DEFAULT_RUN_FOLDER, smbServerOptions, type SmbServerOptions, type SmbShare } from './options';
export { SmbShares, type SmbPrograms, type SmbSharesOptions, type SmbSharesStatus } from './smb_shares';
