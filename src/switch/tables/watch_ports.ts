/** The ports there are and whether they are up, as far as the engine was told. */
export class WatchPorts {
  private readonly states = new Map<number, boolean>();

  /** Whether that is news. */
  set(port: number, up: boolean): boolean {
    if (this.states.get(port) === up) return false;
    this.states.set(port, up);
    return true;
  }

  has(port: number): boolean {
    return this.states.has(port);
  }

  /** undefined, as everywhere, is no port: nothing to wait for. */
  isUp(port: number | undefined): boolean {
    return port === undefined || this.states.get(port) === true;
  }
}
