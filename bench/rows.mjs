// The rows of the table in docs/BENCHMARKS.md: which script measures them, and how, in a sentence or two.
export const scripts = [
  {
    script: 'apply-replicas.mjs',
    rows: ['apply-replicas'],
    how: 'The image and one replica are there before. `niyanta apply` of 40 more over SSH, whole process, health and names included, in turns with `seq 40 | xargs -P 4 ctr run --detach --null-io` timed on the host itself.',
  },
  {
    script: 'against-compose.mjs',
    rows: ['against-compose'],
    how: "Debian's docker.io and docker-compose 1.29 on the same lab host, on the host's containerd and the same disk; the same image, loaded before. Each side once before the rounds, so that caches are warm.",
  },
  {
    script: 'nothing-to-do.mjs',
    rows: ['nothing-to-do'],
    how: '100 containers on three lab hosts over SSH; docker-compose on a fourth, timed on the host itself, with 40 containers. Both run while the other is idle.',
  },
  {
    script: 'against-ansible.mjs',
    rows: ['ansible-first', 'ansible-again'],
    how: "The playbook is one task, a loop of 10 over `ctr tasks ls -q | grep -qx NAME || ctr run …`, without network, names, logs or limits, with Ansible's usual persistent SSH connections left open from run to run. With nothing to do, a playbook that lists once and skips what is there is timed as well: `quickPlaybook` (seconds) in the results.",
  },
  {script: 'version.mjs', rows: ['version'], how: 'Medians of 40 starts in turns.'},
  {
    script: 'changed-layer.mjs',
    rows: ['changed-layer'],
    how: "What the hosts' network devices receive during an apply that brings the image, less what they receive during one that makes the same containers anew without it: headers of SSH, TCP and IP count.",
  },
  {
    script: 'plan-100-hosts.mjs',
    rows: ['plan-100-hosts'],
    how: '100 simulated hosts: their SSH is real, what they run is not (they answer with what a real lab host said). A relay in between delays every packet by 25 ms each way. `niyanta plan`, whole process.',
  },
  {
    script: 'memory.mjs',
    rows: ['memory'],
    how: "The most pages that the process had (getrusage's maxrss), told by itself at its end, while it starts 100 containers on three hosts and brings them their image.",
  },
  {
    script: 'backup-restore.mjs',
    rows: ['backup-restore'],
    how: '`niyanta volume backup`, whole process: pg_dump, zstd, age, a file; then the file into a throw-away container of the same image, and a query. By hand the same with `ssh`, `zstd` and `psql`, without encryption and checksums; in turns.',
  },
  {
    script: 'proxy-request.mjs',
    rows: ['proxy-request'],
    how: 'One lab host with the proxy, Caddy of the same program by hand beside it, and one replica that answers faster than either asks; `ab -k` with 16 connections from this machine, in turns; each writes an access log.',
  },
  {
    script: 'releases.mjs',
    rows: ['releases-under-load', 'apply-to-serving'],
    how: "Three lab hosts, a Caddy on each, four callers with kept-alive connections. 20 releases rather than 100, so that it ends in time; a request on a connection that Caddy had just closed is sent again, as browsers do, and counted apart (`resent`). Beside it, as figures of the same run, the same callers of a docker swarm (Debian's docker.io) on three other lab hosts, during 2 `docker service update` only, as each takes some 12 s (`swarmFailed`, `swarmRequests`, `swarmP99Ms`): one replica a host, with dnsrr and on the host's port, because swarm's own balancing needs IPVS, which the kernel lacks; the callers therefore reach each host's replica itself, and an old one is stopped before the new one starts. And of a Caddy configured by hand on one host, before the same three replicas, while `caddy reload` takes one out or puts it in again each second, 6 times, without anything being stopped (`reloadFailed`, `reloadRequests`, `reloadP99Ms`). And of another service behind the same proxies, while the first one is released 5 times and no proxy is changed: what starting containers costs whoever shares the processors (`otherFailed`, `otherRequests`, `otherP99Ms`). The time to serving is from the start of `niyanta apply --json` to its event that all requests go to the new replicas; that it then stops and removes the old ones is not in it.",
  },
  {
    script: 'placements.mjs',
    rows: ['placements'],
    how: "No host and no network: the queue of `serve` alone. Hosts and workloads as in Alibaba's trace openb (1,213 hosts, repeated to 5,000; 112 shapes, a tenth of the workloads tied to a region, a fifth preferring a model of GPU), of 20 customers; 20,000 are told to the queue and placed from empty hosts on, in ten rounds. Processor time of the whole process, garbage collection included. kube-scheduler's figures are published ones, of other machines, and it binds pods through an API server, which this does not. As figures of the same run: one round on full hosts in which 100 workloads have ended and 100 came while thousands wait (`fullRoundMs`), and how many of openb's GPUs are allocated when workloads have come that ask for all of them, one after another, mean of five seeds (`gpusAllocatedPercent`), against plain best fit and first fit on the same (`bestFitPercent`, `firstFitPercent`); a workload that shares a GPU counts as taking all of it.",
  },
  {
    script: 'submissions.mjs',
    rows: ['submissions-single', 'submissions-batched'],
    how: "The coordinator's store in a real PostgreSQL with fsync on, on the same two cores as the callers, without HTTP: a workload with its specification, its place in the order, and its event in the audit. Rounds of 3 s, in turns. Single: 64 callers, each one submission after another; beside it graphile-worker's addJob and pg-boss's send (11.1.2) with the same specification as payload, 64 callers over 10 connections, as many as the store has; the faster of the two counts, both are in the results (`peersPerSecond`). Batched: four callers with 500 a call, all of one specification, and as a figure of the same run each with another (`differentPerSecond`); beside it, as a figure of the same run, the same batches as bare inserts of id and specification into a table without index or audit (`barePerSecond`).",
  },
  {
    script: 'api-submissions.mjs',
    rows: ['api-submissions', 'api-submissions-rate', 'api-submissions-batched', 'api-reads-under-load'],
    how: "`niyanta serve` as people run it, over a real PostgreSQL with fsync on, in a project without hosts; autocannon's 64 connections from the same two cores, each one submission after another, with a key, checked, answered when durable. graphile-worker's addJob and pg-boss's send from 64 callers of the measuring process over 10 connections, on the same server, without HTTP; the faster counts; each side once before the rounds, so that Node has compiled what is used; rounds of 4 s, in turns. Batched: four connections, 500 of the same form a request. `serveProcessorMicroseconds`: processor time of `serve` for a single submission, all of its threads. The reads are `?limit=20`, 50 a second.",
  },
  {
    script: 'submit-to-start.mjs',
    rows: ['submit-to-start', 'submit-to-start-p99'],
    how: '`niyanta serve` as people run it, with its embedded database and one lab host, which has nothing else to do. The type is `sleep` with 0 seconds: no container is started. From before the request is sent until the start that the database has; each is submitted when the one before has ended.',
  },
  {
    script: 'failover.mjs',
    rows: ['leader-crash', 'leader-and-host'],
    how: "Three `niyanta serve` as people run them, with no setting of their own, on a real PostgreSQL with fsync on, and three lab hosts. The leader is killed (SIGKILL) at a random moment; times are the database's own, from the kill to the first placement by the next leader, while somebody submits 20 workloads a second to the others. Then the same with the power of the host that runs eight containers cut at once, until all eight run elsewhere. The worst of the rounds counts, the median is in the results (`median`).",
  },
  {
    script: 'thousand-containers.mjs',
    rows: ['thousand-containers', 'api-reads-beside-containers'],
    how: '`niyanta serve` with its embedded database and three lab hosts. One batch of containers that wait, each with network, log and its end reported; from the submission until all of them run. By hand the same number of `ctr run --detach --null-io` on the same hosts, removed before. `hostsUnheard`: how often, asked four times a second, a host was not heard of in time. The reads are `?limit=20`, 50 a second.',
  },
];
