/** Brings the parts of the page together. */
import {Colours} from './colours.js';
import {Feed} from './feed.js';
import {Icicle} from './icicle.js';
import {Legend} from './legend.js';
import {Code, Picture, compare} from './looks.js';
import {Profiles, openFile} from './profiles.js';
import {Strip} from './strip.js';
import {Tables, csv, element} from './tables.js';
import {clock, number, percent, signed} from './text.js';

/** How many looks are kept: five minutes of one every two seconds. */
const KEPT = 150;

const $ = (id) => document.getElementById(id);

const colours = new Colours();
const code = new Code();
const looks = [];
let marked = null;
let picked = null;
let pattern = null;
let rows = [];

const icicle = new Icicle({
  stage: $('stage'), spacer: $('spacer'), canvas: $('flame'), code, colours,
  onSelect: describe,
  onMove: () => ($('spoken').textContent = $('detail').innerText),
  onZoom: () => render(),
});
const legend = new Legend($('legend'), code, colours, () => render());
const tables = new Tables(code, colours, (name) => document.querySelector(`#panel-${name} .table`));
const profiles = new Profiles($('profiles'), {tab: $('tab-deadlocks'), note: $('deadlock-note'), text: $('deadlock-text')});
const strip = new Strip($('strip'), colours, (look, isBase) => (isBase ? setMark(look) : pick(look)));
const feed = new Feed('ui/look', arrive, (problem) => {
  $('problem').hidden = problem === null;
  $('problem').textContent = problem ?? '';
});

function arrive(answer) {
  const look = code.read(answer);
  looks.push(look);
  if (looks.length > KEPT) {
    looks.shift();
  }
  document.title = number(look.total) + ' goroutines';
  $('program').textContent = answer.program || 'Goroutines';
  $('cost').textContent =
    `a look took ${number(look.walk)} ms` + (look.folded > 0 ? `; ${number(look.folded)} goroutines have rare stacks, shown by their callers only` : '');
  render();
  profiles.askForDeadlocks();
}

/** The look that is shown. */
function shown() {
  return picked ?? looks.at(-1);
}

/** The look that it is compared with; null for none. */
function base() {
  switch ($('base').value) {
    case 'none':
      return null;
    case 'last':
      return before(shown());
    case 'first':
      return looks[0];
    default:
      return marked;
  }
}

function before(look) {
  return looks[looks.indexOf(look) - 1] ?? null;
}

function matches(row) {
  return pattern !== null && code.frames(row.stack).some((frame) => pattern.test(frame.name));
}

function render() {
  const look = shown();
  if (look === undefined) {
    return;
  }
  const inStates = (row) => legend.shows(row.state);
  const compared = base();
  // Without a comparison, tables tell what changed since the look before.
  const all = compare(look, compared ?? before(look));
  const seen = all.filter((row) => (compared === null ? row.count > 0 : true) && inStates(row));
  const forPicture = compared === null ? seen.map((row) => ({...row, width: row.count})) : seen;
  const picture = new Picture(code, forPicture, matches);
  icicle.show(picture, {by: $('colour').value, comparing: compared !== null, searching: pattern !== null});
  const inView = (row) => picture.isBelow(code.boxOf[row.stack], icicle.zoomed) && (pattern === null || matches(row));
  rows = seen.filter(inView);
  const longAgo = compared ?? looks[0];
  const grown = compare(look, longAgo).filter((row) => inStates(row) && inView(row));
  $('grew-note').textContent = `Growth since ${clock(longAgo.time)}, ${compared === null ? 'the first look of this page' : 'the moment compared with'}.`;
  tables.show(rows, grown);
  showNumbers(look, compared, all, picture);
}

function showNumbers(look, compared, all, picture) {
  const growth = look.total - (compared ?? before(look) ?? look).total;
  $('total').textContent = number(look.total);
  $('change').textContent = signed(growth);
  $('change').className = growth > 0 ? 'grew' : 'shrank';
  $('reset').disabled = icicle.zoomed === 0;
  $('found').textContent =
    pattern === null ? '' : `${number(picture.root.matched)} of ${number(picture.root.width)} (${percent(picture.root.matched, picture.root.width)})`;
  legend.show(all, {byPackage: $('colour').value === 'package', comparing: compared !== null});
  moments();
  strip.show(looks, look, compared);
  describe();
}

/** The moments to choose from. */
function moments() {
  const option = (value, text) => element('option', {value, textContent: text});
  const times = [...looks].reverse().filter((look, i) => i > 0 || look === picked);
  if (document.activeElement !== $('shown')) {
    $('shown').replaceChildren(
      option('live', 'now'), ...times.map((look) => option(String(look.time), `${clock(look.time)}, ${number(look.total)}`)));
    $('shown').value = picked === null ? 'live' : String(picked.time);
  }
  const known = $('base').querySelector('option[value="marked"]');
  if (marked !== null && known === null) {
    $('base').append(option('marked', ''));
  }
  if (marked !== null) {
    $('base').querySelector('option[value="marked"]').textContent = 'mark of ' + clock(marked.time);
  }
}

function describe() {
  const id = icicle.selected;
  if (id < 0 || shown() === undefined) {
    return;
  }
  const box = icicle.describe(id);
  const parts = [
    element('strong', {textContent: box.name}),
    element('span', {className: 'file', textContent: box.file}),
    element('span', {textContent: `${number(box.count)} goroutines, ${box.share}`}),
  ];
  if (box.growth !== 0) {
    parts.push(element('span', {textContent: signed(box.growth), className: box.growth > 0 ? 'grew' : 'shrank'}));
  }
  parts.push(element('span', {textContent: box.states.slice(0, 4).map(([state, count]) => `${state} ${number(count)}`).join(', ')}));
  $('detail').replaceChildren(...parts);
}

function pick(look) {
  picked = look === looks.at(-1) ? null : look;
  render();
}

function setMark(look) {
  marked = look;
  moments();
  $('base').value = 'marked';
  render();
}

function search() {
  const text = $('search').value.trim();
  $('search').setCustomValidity('');
  try {
    pattern = text === '' ? null : new RegExp(text, 'i');
  } catch {
    $('search').setCustomValidity('This is no regular expression');
    pattern = new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'i');
  }
  render();
}

function togglePause() {
  feed.paused = !feed.paused;
  $('pause').setAttribute('aria-pressed', String(feed.paused));
  $('pause').textContent = feed.paused ? 'Go on' : 'Pause';
}

function toggleKeys() {
  $('keys').hidden = !$('keys').hidden;
  $('help').setAttribute('aria-expanded', String(!$('keys').hidden));
}

function toggleColour() {
  $('colour').value = $('colour').value === 'state' ? 'package' : 'state';
  legend.clear();
  render();
}

function escape() {
  if (pattern !== null) {
    $('search').value = '';
    search();
  } else {
    icicle.zoom(0);
  }
}

const KEYS = {
  '/': () => $('search').focus(),
  'm': () => setMark(shown()),
  'p': togglePause,
  'c': toggleColour,
  '?': toggleKeys,
  'Escape': escape,
};

function save(blob, name) {
  const link = element('a', {href: URL.createObjectURL(blob), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function openTab(tab) {
  for (const other of document.querySelectorAll('[role=tab]')) {
    const open = other === tab;
    other.setAttribute('aria-selected', String(open));
    other.tabIndex = open ? 0 : -1;
    $(other.getAttribute('aria-controls')).hidden = !open;
  }
  render();
}

$('host').textContent = location.host;
$('pause').addEventListener('click', togglePause);
$('interval').addEventListener('change', () => (feed.interval = Number($('interval').value)));
$('search').addEventListener('input', search);
$('colour').addEventListener('change', () => {
  legend.clear();
  render();
});
$('shown').addEventListener('change', () => pick(looks.find((look) => String(look.time) === $('shown').value) ?? looks.at(-1)));
$('base').addEventListener('change', () => render());
$('mark').addEventListener('click', () => setMark(shown()));
$('reset').addEventListener('click', () => icicle.zoom(0));
$('help').addEventListener('click', toggleKeys);
$('png').addEventListener('click', () => icicle.toBlob((blob) => save(blob, 'goroutines.png')));
$('csv').addEventListener('click', () => save(new Blob([csv(code, rows)], {type: 'text/csv'}), 'goroutines.csv'));
$('file').addEventListener('change', () => [...$('file').files].forEach(openFile));

document.querySelector('[role=tablist]').addEventListener('click', (event) => {
  const tab = event.target.closest('[role=tab]');
  if (tab !== null) {
    openTab(tab);
  }
});
document.querySelector('[role=tablist]').addEventListener('keydown', (event) => {
  const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
  if (step !== undefined) {
    const tabs = [...document.querySelectorAll('[role=tab]:not([hidden])')];
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    next.focus();
    openTab(next);
  }
});
document.addEventListener('keydown', (event) => {
  const typing = event.target.matches('input, select, textarea');
  const key = KEYS[event.key];
  if (key !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey && (!typing || event.key === 'Escape')) {
    event.preventDefault();
    key();
  }
});
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  document.body.classList.add('dropping');
});
document.addEventListener('dragleave', (event) => {
  if (event.relatedTarget === null) {
    document.body.classList.remove('dropping');
  }
});
document.addEventListener('drop', (event) => {
  event.preventDefault();
  document.body.classList.remove('dropping');
  [...event.dataTransfer.files].forEach(openFile);
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  colours.refresh();
  render();
});

profiles.load();
feed.start();
