/**
 * Makes the root of a host out of its layers and moves into it, in new mount, pid, uts, ipc and cgroup namespaces and
 * the host's network namespace. Arguments: the host's folder on this machine, its name, `plain` or `systemd`, `v1` or
 * `v2`, then the cgroup hierarchies as triples (see `mountWords`).
 */
export const rootScript = `
set -e
cd "$1"; name=$2 kind=$3 cgroup=$4; shift 4
mount --make-rprivate /
# Names relative to the working directory, because a colon or comma in a path would end an option.
mount -t overlay niyanta-lab -o lowerdir=lower,upperdir=upper,workdir=work root
# An overlay cannot be the upper layer of an overlay: images are unpacked on the real disk.
mkdir -p root/var/lib/containerd
mount --bind containerd root/var/lib/containerd
cd root
mkdir -p proc sys dev run tmp
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755,nosuid tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mkdir -p run/lock
cp ../init run/niyanta-lab-init
mount -t tmpfs -o mode=755,nosuid tmpfs dev
for node in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0'; do
  set -- $node "$@"
  mknod -m 666 "dev/$1" c "$2" "$3"
  shift 3
done
if [ -c /dev/net/tun ]; then mkdir dev/net; mknod -m 666 dev/net/tun c 10 200; fi
mkdir dev/pts dev/shm dev/mqueue
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t mqueue mqueue dev/mqueue
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
if [ "$cgroup" = v1 ]; then mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup; fi
while [ $# -ge 3 ]; do
  mkdir -p "$1"
  mount -t "$2" -o "$3" "$2" "$1"
  shift 3
done
mkdir -p .machine
pivot_root . .machine
cd /
umount -l /.machine
rmdir /.machine
exec sh /run/niyanta-lab-init "$name" "$kind" "$cgroup"
`;

/** Then runs as its process 1. Arguments: the host's name, `plain` or `systemd`, `v1` or `v2`. */
export const initScript = `
set -e
name=$1 kind=$2 cgroup=$3
if [ "$cgroup" = v2 ] && [ "$kind" = plain ]; then
  # Process 1 is in a leaf (see leafFolders); containers get their controllers from here.
  for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" > /sys/fs/cgroup/cgroup.subtree_control
  done
fi
echo "$name" > /proc/sys/kernel/hostname
echo 1 > /proc/sys/net/ipv4/ip_forward
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
unset OLDPWD
if [ "$kind" = systemd ]; then
  export container=niyanta-lab
  if [ "$cgroup" = v2 ]; then exec /sbin/init; fi
  # In a container systemd takes its own arguments for the kernel's; 256 and 257 want the second to accept cgroup v1.
  exec /sbin/init systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1
fi
set +e
mkdir -p /run/sshd
# As rc.local would on a host without systemd; niyanta's prepare installs it.
if [ -x /usr/local/lib/niyanta/boot ]; then /usr/local/lib/niyanta/boot >> /var/log/niyanta-boot.log 2>&1; fi
supervise() { while :; do "$@"; sleep 1; done; }
if [ -x /usr/bin/containerd ]; then supervise /usr/bin/containerd >> /var/log/containerd.log 2>&1 & fi
supervise /usr/sbin/sshd -D -e >> /var/log/sshd.log 2>&1 &
while :; do wait; done
`;
