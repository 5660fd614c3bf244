// Simulated hosts (they run nothing): SSH servers in one process that let everybody in and answer a look at the host
// with the text that they were told. Started by simulated-hosts.mjs, one process a core.
import process from 'node:process';
import ssh2 from 'ssh2';

/** What each host answers, by name. */
const answers = new Map();

const server = ({name, key}) =>
  new Promise(resolve => {
    const listening = new ssh2.Server({hostKeys: [key]}, client => {
      client.on('error', () => client.end());
      client.on('authentication', context => context.accept());
      client.on('session', accept => {
        accept().on('exec', (take, _refuse, {command}) => started(name, take(), command));
      });
    });
    listening.listen(0, '127.0.0.1', 512, () => resolve(listening.address().port));
  });

/** A command: a persistent shell, or a script on standard input. */
function started(host, stream, command) {
  stream.on('error', () => undefined);
  // The shell says who it is before it reads a command.
  if (/exec sh -s/.test(command)) return shell(host, stream, command);
  if (/sh -s/.test(command)) return script(host, stream);
  stream.stderr.write(`a simulated host has no answer to: ${command}\n`);
  return ended(stream, 1);
}

function shell(host, stream, command) {
  stream.write(`${/niyanta-\w+/.exec(command)[0]} 1 root\n`);
  let said = '';
  stream.on('data', chunk => {
    said += chunk;
    for (;;) {
      const frame = /printf '\\n%s %d\\n' (\S+) "\$\?".*\n/.exec(said);
      if (!frame) return;
      const answer = answerTo(host, said.slice(0, frame.index));
      said = said.slice(frame.index + frame[0].length);
      stream.write(`${answer ?? ''}\n${frame[1]} ${answer === undefined ? 1 : 0}\n`);
      stream.stderr.write(`${answer === undefined ? 'a simulated host has no answer' : ''}\n${frame[1]}\n`);
    }
  });
  stream.on('end', () => ended(stream, 0));
}

function script(host, stream) {
  stream.stderr.write('1\n');
  let said = '';
  stream.on('data', chunk => (said += chunk));
  stream.on('end', () => {
    const answer = answerTo(host, said);
    stream.write(answer ?? '');
    ended(stream, answer === undefined ? 1 : 0);
  });
}

const answerTo = (host, text) => (text.includes('@@niyanta-observe ') ? answers.get(host) : undefined);

function ended(stream, code) {
  stream.exit(code);
  stream.end();
}

process.on('message', async message => {
  if (message.answers) for (const [name, answer] of message.answers) answers.set(name, answer);
  process.send(message.hosts ? await Promise.all(message.hosts.map(server)) : 'told');
});
process.on('disconnect', () => process.exit());
