import type {LabFixture} from './lab-fixture.ts';

/**
 * Everything on a host that an apply may change, as text: to be compared before and after what must change nothing. Left
 * out are the lease's number, which whoever holds the lease raises before it looks, and the copies of the state.
 */
const script = `
for ns in $(ctr namespaces ls -q); do
  echo "== $ns"
  ctr -n $ns containers ls
  ctr -n $ns tasks ls | sort
  ctr -n $ns images ls -q
  ctr -n $ns content ls -q | sort
  ctr -n $ns snapshots ls
done
echo == files
find /var/lib/niyanta /usr/local/lib/niyanta /etc/systemd/system -type f ! -name '*.log' ! -path '*/environments/*' ! -path '*/fences/*' -exec md5sum {} + 2>/dev/null | sort -k2 || :
find /var/lib/niyanta /run/niyanta -mindepth 1 -type d ! -name environments ! -name fences 2>/dev/null | sort || :
echo == network
ls /run/netns 2>/dev/null || :
ip -o link show type bridge | sed 's/.*: \\(ny[0-9a-f]*\\).*/\\1/'
iptables-save 2>/dev/null | grep -v '^[#:]' | sed 's/\\[[0-9:]*\\] *//' || :
`;

/** What is on these hosts, by host. */
export async function hostListing(lab: LabFixture, hosts: readonly string[]): Promise<Record<string, string>> {
  const texts = await Promise.all(hosts.map(async host => [host, await lab.sh(host, script)] as const));
  return Object.fromEntries(texts);
}

/** Ids of niyanta's containers on a host, running or not. */
export async function containersOn(lab: LabFixture, host: string): Promise<string[]> {
  const ids = await lab.sh(host, 'ctr -n niyanta containers ls -q 2>/dev/null || :');
  return ids.split('\n').filter(Boolean).sort();
}

/** Ids of niyanta's containers that run on a host. */
export async function runningOn(lab: LabFixture, host: string): Promise<string[]> {
  const tasks = await lab.sh(host, `ctr -n niyanta tasks ls 2>/dev/null | awk '$3 == "RUNNING" {print $1}'`);
  return tasks.split('\n').filter(Boolean).sort();
}
