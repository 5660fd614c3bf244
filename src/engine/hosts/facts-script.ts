/** Begins every line that separates sections; the section's name follows. */
export const factsMarker = '@@niyanta-facts:';

/**
 * POSIX sh that prints what a host is, for `parseFacts`. About ten processes, since each costs milliseconds: what a
 * builtin can read is read by one. Changes nothing and has no data from outside in it.
 */
export const factsScript = `
s() { printf '\\n${factsMarker}%s\\n' "$1"; }
f() { while IFS= read -r l || [ -n "$l" ]; do printf '%s\\n' "$l"; done <"$1"; }
s os; if [ -r /etc/os-release ]; then f /etc/os-release; elif [ -r /usr/lib/os-release ]; then f /usr/lib/os-release; fi
s uname; uname -rm
s cpus; nproc 2>/dev/null || getconf _NPROCESSORS_ONLN
s memory; while read -r k v u; do [ "$k" = MemTotal: ] && { echo "$v"; break; }; done </proc/meminfo
s disk; df -kP /var/lib
s cgroup
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then echo v2
elif [ -e /sys/fs/cgroup/unified/cgroup.procs ]; then echo hybrid
else echo v1; fi
s init; if [ -d /run/systemd/system ]; then echo systemd; else echo other; fi
s packages; for p in apt-get dnf apk; do command -v $p >/dev/null && { echo $p; break; }; done
s gpus; for d in /dev/nvidia[0-9]*; do [ -c "$d" ] && echo "device $d"; done
for d in /proc/driver/nvidia/gpus/*/information; do [ -r "$d" ] && f "$d"; done
s iptables; command -v iptables
s cni
for d in /usr/lib/cni /opt/cni/bin; do
  [ -x $d/bridge ] || continue
  for p in $d/*; do [ -x "$p" ] && echo "\${p##*/}"; done
  break
done
if command -v containerd >/dev/null; then
  s containerd-socket; [ -S /run/containerd/containerd.sock ] && ctr --connect-timeout 3s version 2>/dev/null
  [ $? = 0 ] || { s containerd-binary; containerd --version; }
fi
if command -v runc >/dev/null; then s runc; runc --version; fi
if command -v ip >/dev/null; then
  s routes; ip -4 route
  s addresses; ip -4 -o address show scope global
  s mtus; for l in /sys/class/net/*/mtu; do read -r m <"$l" && l=\${l%/mtu} && echo "\${l##*/} $m"; done
else s route-table; f /proc/net/route; fi
if command -v ss >/dev/null; then s sockets; ss -Hlntup
else
  for p in tcp tcp6 udp udp6; do [ -r /proc/net/$p ] && { s socket-table-$p; cat /proc/net/$p; }; done
fi
s end
`;
