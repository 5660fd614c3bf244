import type {LabFixture} from './lab-fixture.ts';

/**
 * Everything of niyanta on a host, process and kernel state included. What differs between two containers of the same
 * replica (ids, addresses, process numbers) is blotted out, so that two hosts that run the same say the same.
 */
const script = String.raw`
blot() {
  sed -E 's/-[0-9a-f]{6}\b/-ID/g; s/\b10\.[0-9]+\.[0-9]+\.[0-9]+/ADDRESS/g; s/([0-9a-f]{2}:){5}[0-9a-f]{2}/MAC/g; s/CNI-(DN|SN|HP)?-?[0-9a-f]+/CNI-\1/g'
}
echo == containers; ctr -n niyanta containers ls | awk 'NR > 1 {print $1, $2}' | blot | sort
echo == tasks; ctr -n niyanta tasks ls | awk 'NR > 1 {print $1, $3}' | blot | sort
echo == snapshots; ctr -n niyanta snapshots ls | awk 'NR > 1 {print $1, $3}' | blot | sort
echo == leases; ctr -n niyanta leases ls -q
echo == images; ctr -n niyanta images ls -q | sort
echo == files; find /var/lib/niyanta /run/niyanta /run/netns /etc/netns -mindepth 1 ! -name '*.lock' 2>/dev/null | blot | sort
echo == bundles; ls /run/containerd/io.containerd.runtime.v2.task/niyanta 2>/dev/null | blot | sort
echo == links; ip -o link show type veth | wc -l; ip -o link show type bridge | wc -l; ip -o link show type vxlan | wc -l
for dev in $(ip -o link show type bridge | sed -E 's/^[0-9]+: ([^:@]+).*/\1/'); do ls /sys/class/net/$dev/brif | wc -l; done
echo == rules; iptables-save 2>/dev/null | grep -v '^[#:]' | sed -E 's/\[[0-9:]*\] *//; s/"[^"]*"//' | blot | sort
echo == chains; iptables-save 2>/dev/null | grep '^:' | sed -E 's/ \[.*//' | blot | sort
echo == mounts; awk '$2 ~ /niyanta|netns/ {print $2}' /proc/mounts | blot | sort
echo == processes; ps -eo args= | grep -E 'containerd-shim|/usr/local/lib/niyanta|CNI|flock|^ctr|^sh -s' | grep -vE 'grep|sed -E' | sed -E 's/-id [^ ]+/-id ID/; s/ -address.*//' | blot | sort
`;

/** What is on these hosts, by host: to be compared with the same of a clean deploy. */
export async function remainsOn(lab: LabFixture, hosts: readonly string[]): Promise<Record<string, string>> {
  const texts = await Promise.all(hosts.map(async host => [host, await lab.sh(host, script)] as const));
  return Object.fromEntries(texts);
}
