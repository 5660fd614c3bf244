// 10 containers on each of 3 hosts over SSH, against an Ansible playbook that does the same with ctr (forks 50, pipelining,
// its usual persistent connections): `node scripts/node24.mjs bench/against-ansible.mjs [--rounds 3] [--json]`.
import {join} from 'node:path';
import process from 'node:process';
import {parseArgs} from 'node:util';
import {inTurns, median, print, row} from './result.mjs';
import {onStage, stackOf} from './stage.mjs';

const {values} = parseArgs({
  options: {rounds: {type: 'string', default: '3'}, json: {type: 'boolean', default: false}},
});
const rounds = Number(values.rounds);

const config = `[defaults]
forks = 50
inventory = hosts.ini
host_key_checking = False
interpreter_python = /usr/bin/python3
[ssh_connection]
pipelining = True
`;

// Less than niyanta does: no network, no names, no logs, no limits. Check, then create, container by container.
const playbook = `- hosts: all
  gather_facts: false
  tasks:
    - name: containers
      shell: ctr -n bench tasks ls -q | grep -qx web-{{ item }} || { ctr -n bench run --detach --null-io bench:1 web-{{ item }} && echo made; }
      loop: "{{ range(1, 11) | list }}"
      register: made
      changed_when: "'made' in made.stdout"
`;

// The same by who minds the time: one look at each host, and no command for what is there.
const quickPlaybook = `- hosts: all
  gather_facts: false
  tasks:
    - name: what runs
      command: ctr -n bench tasks ls -q
      register: running
      changed_when: false
    - name: containers
      command: ctr -n bench run --detach --null-io bench:1 web-{{ item }}
      loop: "{{ range(1, 11) | list }}"
      when: "('web-' ~ item) not in running.stdout_lines"
`;

await onStage({hosts: 3, extra: ['python3']}, async stage => {
  await stage.write('stack.yaml', stackOf({web: 3}));
  await stage.niyanta('apply', '--yes');
  await stage.everywhere(
    `image=$(ctr -n niyanta images ls -q | grep -v '@' | head -n 1)
ctr -n niyanta images export /tmp/image.tar "$image"
ctr -n bench images import /tmp/image.tar
ctr -n bench images tag "$image" bench:1`,
  );
  const {hosts, identityFile} = stage.lab;
  await stage.write('ansible.cfg', config);
  await stage.write(
    'hosts.ini',
    hosts
      .map(
        ({name, address}) =>
          `${name} ansible_host=${address} ansible_user=root ansible_ssh_private_key_file=${identityFile}\n`,
      )
      .join(''),
  );
  await stage.write('site.yml', playbook);
  await stage.write('quick.yml', quickPlaybook);
  const play = (file = 'site.yml') =>
    stage.run(['ansible-playbook', file], {
      ANSIBLE_CONFIG: join(stage.folder, 'ansible.cfg'),
      ANSIBLE_HOME: join(stage.folder, '.ansible'),
      PATH: `${process.env.PATH}:/usr/bin:/bin`,
    });
  const clearPlay = () =>
    stage.everywhere(
      'for id in $(ctr -n bench containers ls -q); do ctr -n bench tasks rm --force $id; ctr -n bench containers rm $id; done',
    );
  const firstApply = async () => {
    await stage.write('stack.yaml', stackOf({web: 33}));
    const seconds = await stage.niyanta('apply', '--yes');
    await stage.write('stack.yaml', stackOf({web: 3}));
    await stage.niyanta('apply', '--yes');
    return seconds;
  };
  const firstPlay = async () => {
    await clearPlay();
    return play();
  };
  await play();
  const first = await inTurns(rounds, firstApply, firstPlay);
  // As many containers on both sides; the first time in each is not measured.
  await stage.write('stack.yaml', stackOf({web: 30}));
  await stage.niyanta('apply', '--yes');
  const quick = [];
  const again = await inTurns(
    rounds,
    () => stage.niyanta('apply', '--yes'),
    async () => {
      quick.push(await play('quick.yml'));
      return play();
    },
  );
  const work = '10 containers on each of 3 hosts over SSH';
  const against = 'an Ansible playbook doing the same with ctr (forks 50, pipelining)';
  print(
    row({name: 'ansible-first', work: `${work}, first apply`, against, unit: 's', ...first, aim: {faster: 2}}),
    row({
      name: 'ansible-again',
      work: `${work}, nothing to do`,
      against,
      unit: 's',
      ...again,
      aim: {faster: 8},
      also: {quickPlaybook: median(quick)},
    }),
  );
});
