/**
 * Makes the lab's bridge and this machine's leg in it. The bridge is in a network namespace of its own, so that no
 * firewall of this machine (Docker's FORWARD DROP, for one) comes between hosts, and nothing of it stays behind.
 * Arguments: the device's name, the gateway's address, a mark for the device.
 */
export const labNetworkUp = `
ip netns add "$1"
ip -n "$1" link set lo up
ip -n "$1" link add bridge type bridge
ip -n "$1" link set bridge up
ip link add "$1" type veth peer name machine netns "$1"
ip -n "$1" link set machine master bridge up
ip link set "$1" alias "$3"
ip address add "$2/24" dev "$1"
ip link set "$1" up
`;

/** Undoes it, as far as it got. Argument: the device's name. */
export const labNetworkDown = `
if [ -e "/sys/class/net/$1" ]; then ip link delete "$1"; fi
if [ -e "/run/netns/$1" ]; then ip netns delete "$1"; fi
`;

/**
 * A network namespace for a host, with eth0 on the lab's bridge.
 * Arguments: the lab's device, the host's namespace, its port's name, its address, its MAC, its port's state.
 */
export const hostNetworkUp = `
ip netns add "$2"
ip -n "$2" link set lo up
ip -n "$2" link add eth0 address "$5" type veth peer name "$3" netns "$1"
ip -n "$2" address add "$4/24" dev eth0
ip -n "$2" link set eth0 up
ip -n "$1" link set "$3" master bridge "$6"
`;

/**
 * Pulls the plug, before the processes die: their kernel would close connections in an orderly way, which a machine
 * without power does not. Arguments: the lab's device, the host's namespace, its port's name.
 */
export const hostNetworkDown = `
if [ -e "/run/netns/$1" ] && ip -n "$1" link show dev "$3" > /dev/null 2>&1; then ip -n "$1" link delete "$3"; fi
if [ -e "/run/netns/$2" ]; then ip netns delete "$2"; fi
`;
