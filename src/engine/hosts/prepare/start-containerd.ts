import {type Command, script} from '../command.ts';

/** Starts containerd at every boot, and now; by what the host has for that. */
export const startContainerd: Command = script(`
if [ -d /run/systemd/system ]; then systemctl enable --quiet containerd && systemctl start containerd
elif command -v rc-update >/dev/null; then rc-update --quiet add containerd default && rc-service --quiet containerd start
else
  mkdir -p /var/log
  setsid containerd </dev/null >>/var/log/containerd.log 2>&1 &
fi
`);

/** Waits until containerd answers; else what it last said, and a non-zero exit. */
export const awaitContainerd: Command = script(`
i=0
until ctr --connect-timeout 1s version >/dev/null 2>&1; do
  i=$((i+1))
  if [ $i -ge 100 ]; then
    if [ -d /run/systemd/system ]; then journalctl --unit containerd --lines 10 --no-pager --output cat >&2
    else tail -n 10 /var/log/containerd.log >&2; fi
    exit 1
  fi
  sleep 0.1
done
`);

/** Forwards packets between containers and the network, now and after a reboot; \`$1\` is the file that keeps it. */
export const keepForwarding = (file: string): Command =>
  script(
    `mkdir -p /etc/sysctl.d && printf '%s\\n' '# Written by niyanta host prepare: containers are reached through this host.' 'net.ipv4.ip_forward = 1' >"$1.new" && mv -f "$1.new" "$1"`,
    file,
  );

/** Switches forwarding on now. */
export const forwardNow: Command = script('echo 1 >/proc/sys/net/ipv4/ip_forward');

/** Where a distribution puts CNI plugins in a folder that nobody looks into, as Fedora and Alpine do, links to them. */
export const linkPlugins: Command = script(`
[ -x /usr/lib/cni/bridge ] && exit 0
[ -x /usr/libexec/cni/bridge ] || exit 0
mkdir -p /opt/cni/bin
for p in /usr/libexec/cni/*; do [ -e "/opt/cni/bin/\${p##*/}" ] || ln -s "$p" "/opt/cni/bin/\${p##*/}"; done
`);
