/**
 * Runs after a reboot, before containerd: network namespaces are gone then, and containers that restart need theirs.
 * With systemd by the unit; elsewhere to be called from rc.local or an init script.
 */
export const boot = `#!/bin/sh
# niyanta: makes the networks of all containers again and puts their secrets back, before containerd starts them
/usr/local/lib/niyanta/secrets boot
/usr/local/lib/niyanta/overlay boot
exec /usr/local/lib/niyanta/network boot
`;

/** systemd.unit(5): ordered before containerd, and pulled in by the normal boot. */
export const bootUnit = `[Unit]
Description=niyanta: networks and secrets of containers
After=network-pre.target local-fs.target
Before=containerd.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/lib/niyanta/boot

[Install]
WantedBy=multi-user.target containerd.service
`;
