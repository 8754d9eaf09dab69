/** The kernel's own NAT: no process, all in softirqs. */
import type { Box } from '../lab/detours';

/** What is sent to the box goes to the store; conntrack brings the answers back. */
export function startNat(box: Box): void {
  box.run('nft', 'add table ip nat');
  box.run('nft', 'add chain ip nat prerouting { type nat hook prerouting priority dstnat; }');
  box.run('nft', `add rule ip nat prerouting ip daddr ${box.address} dnat to ${box.store_addresses[0]}`);
}
