const form = document.querySelector('#add');
const input = document.querySelector('#name');
const button = form.querySelector('button');
const list = document.querySelector('#items');
const empty = document.querySelector('#empty');
const count = document.querySelector('#count');
const problem = document.querySelector('#problem');
const served = document.querySelector('#served');

async function api(path, options) {
  const answer = await fetch(`/api${path}`, options);
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.error ?? `The backend answered ${answer.status}`);
  return body;
}

function tell(error) {
  problem.textContent = error ? `${error.message}.` : '';
  problem.hidden = !error;
}

let shown = '';

function show({items, version, replica}) {
  const now = JSON.stringify(items);
  if (now !== shown) {
    shown = now;
    list.replaceChildren(...items.map(({name}) => Object.assign(document.createElement('li'), {textContent: name})));
  }
  list.hidden = items.length === 0;
  empty.hidden = items.length > 0;
  count.hidden = items.length === 0;
  count.textContent = `(${items.length})`;
  served.textContent = `Backend ${version}, answered by replica ${replica}.`;
}

async function refresh() {
  try {
    show(await api('/items'));
    tell();
  } catch (error) {
    tell(error);
  }
}

form.addEventListener('submit', async event => {
  event.preventDefault();
  const name = input.value.trim();
  if (name === '') return;
  button.disabled = true;
  try {
    await api('/items', {
      method: 'POST',
      headers: {'Content-Type': 'application/json'},
      body: JSON.stringify({name}),
    });
    form.reset();
    await refresh();
  } catch (error) {
    tell(error);
  } finally {
    button.disabled = false;
    input.focus();
  }
});

setInterval(() => {
  if (!document.hidden) refresh();
}, 3000);
refresh();
