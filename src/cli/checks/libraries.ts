/** Whether npm's one native library loads: it came compiled for some platforms, and for others it did not. */
import type { Finding } from './check';

export async function checkNativeLibrary(): Promise<Finding[]> {
  const name = 'koffi (native library)';
  try {
    const { default: koffi } = await import('koffi');
    return [{ name, state: 'ok', detail: `loads, ${koffi.version}` }];
  } catch (error) {
    const detail = error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error);
    return [{ name, state: 'lacks', detail, jobs: ['demo', 'test', 'run'], mend: 'npm rebuild koffi' }];
  }
}
