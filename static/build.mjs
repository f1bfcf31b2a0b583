/**
 * Builds the dashboard into dist/: the first script and sheet, and what follows them, with hashed names, the fonts, compressed variants beside each
 * text file, an index.html that names them, and the licences of what is inside. Needs only Node and `npm ci`.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
const modules = join(here, 'node_modules');
const FIRST_SCRIPT = 45_000;
const LIMITS = { '.css': 10_000 };
// The first sheet, and what comes with the dialogues.
const SHEETS = ['../ccm/web/assets/tokens.css', 'src/style.css', 'src/sign-in.css', 'src/talk.css', 'src/record.css', 'src/frame.css', 'src/narrow.css'];
const LATER = ['src/dialogues.css'];
const FAMILIES = [
  { name: 'Hanken Grotesk', folder: '@fontsource-variable/hanken-grotesk', weight: '100 900' },
  { name: 'Source Serif 4', folder: '@fontsource-variable/source-serif-4', weight: '200 900' },
];

const digest = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 10);

/** Writes an asset under its hashed name and returns its URL. */
async function put(name, bytes) {
  const ending = extname(name);
  const url = `assets/${basename(name, ending)}-${digest(bytes)}${ending}`;
  await writeFile(join(dist, url), bytes);
  if (ending !== '.woff2') await compress(url, bytes);
  return `/${url}`;
}

async function compress(path, bytes) {
  const zipped = gzipSync(bytes, { level: 9 });
  const limit = LIMITS[extname(path)];
  if (limit && zipped.length > limit) throw new Error(`${path} is ${zipped.length} bytes zipped; the budget is ${limit}. Make it smaller or raise the budget in build.mjs.`);
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  await writeFile(join(dist, `${path}.gz`), zipped);
  await writeFile(join(dist, `${path}.br`), brotli);
  console.log(`${path}: ${bytes.length} bytes, ${zipped.length} gzip, ${brotli.length} brotli`);
  return zipped.length;
}

/** The @font-face rules of the Latin and Latin-ext files, by the ranges that the package tells. */
async function fonts() {
  const rules = [];
  const latin = [];
  for (const { name, folder, weight } of FAMILIES) {
    const ranges = JSON.parse(await readFile(join(modules, folder, 'unicode.json'), 'utf8'));
    for (const subset of ['latin-ext', 'latin']) {
      const file = `${basename(folder)}-${subset}-wght-normal.woff2`;
      const url = await put(file, await readFile(join(modules, folder, 'files', file)));
      if (subset === 'latin') latin.push(url);
      const range = ranges[subset] ?? ranges[`[${subset}]`];
      rules.push(`@font-face{font-family:"${name}";src:url(${url}) format("woff2");font-weight:${weight};font-display:swap;unicode-range:${range}}`);
    }
  }
  return { css: rules.join('\n'), latin };
}

/** The licence of every package whose code or font is in the bundle. */
async function licences(inputs) {
  const names = new Set(FAMILIES.map(({ folder }) => folder));
  for (const input of inputs) {
    const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//u.exec(input);
    if (found) names.add(found[1]);
  }
  const texts = [];
  for (const name of [...names].sort()) {
    const folder = join(modules, name);
    const { version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const file = (await readdir(folder)).find((f) => /^licen[cs]e/iu.test(f));
    texts.push(`${name} ${version} (${license})\n\n${file ? (await readFile(join(folder, file), 'utf8')).trim() : ''}\n`);
  }
  return texts.join(`\n${'-'.repeat(78)}\n\n`);
}

// What of Strophe is left out: see strophe.slim.js.
const UNUSED = /^\.\/(transports\/(worker-)?websocket|stream-management|sasl-(anon|external|plain|sha384|xoauth2))$/;
const slimStrophe = {
  name: 'slim-strophe',
  setup(hooks) {
    hooks.onResolve({ filter: /^strophe\.js$/ }, () => ({ path: join(here, 'strophe.slim.js') }));
    hooks.onResolve({ filter: UNUSED }, ({ importer, path }) => (importer.includes('strophe.js') ? { path, namespace: 'unused' } : undefined));
    hooks.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({
      contents: 'export default class {}; export class StreamManagement {}; export class StreamManagementMirror {}; export class SessionStorageBackend {}; export const isCountableStanza = () => false, toStanzaView = (x) => x;',
    }));
  },
};

const shared = { bundle: true, minify: true, write: false, metafile: true, legalComments: 'none', absWorkingDir: here, external: ['/assets/*'] };

/** Sheets as one, with other rules before them. The tokens are those of the classic pages. */
async function sheet(names, css = '') {
  const texts = await Promise.all(names.map((name) => readFile(join(here, name), 'utf8')));
  const contents = css + texts.join('\n');
  const result = await build({ ...shared, stdin: { contents, loader: 'css' }, target: ['chrome123', 'firefox120', 'safari17.5'] });
  return Buffer.from(result.outputFiles[0].contents);
}

/**
 * The parts that esbuild has split, with those that are needed at once joined in the first: one file zips better than sixteen.
 * What others took from a joined part they take from the first, under a name that tells the part.
 */
const joining = ({ texts, exported, first, named }) => ({
  name: 'joining',
  setup(hooks) {
    const places = [...first];
    const taken = (/** @type {string} */ part, /** @type {(own: string, told: string) => string} */ say) => exported[part].map((own) => say(own, `$${places.indexOf(part)}${own}`)).join();
    hooks.onResolve({ filter: /.*/ }, ({ path, importer, namespace, kind }) => {
      const part = basename(path);
      if (kind === 'entry-point') return { path: part, namespace: 'part' };
      if (namespace === 'joined' || !first.has(part)) return { path: `./${named(part)}.js`, external: true };
      return { path: part, namespace: first.has(importer) ? 'part' : 'joined' };
    });
    hooks.onLoad({ filter: /.*/, namespace: 'part' }, ({ path }) => ({
      contents: texts[path] + (path === places[0] ? places.map((part) => `export{${taken(part, (own, told) => `${own} as ${told}`)}}from"./${part}";`).slice(1).join('') : ''),
    }));
    hooks.onLoad({ filter: /.*/, namespace: 'joined' }, ({ path }) => ({ contents: `export{${taken(path, (own, told) => `${told} as ${own}`)}}from"./${places[0]}"` }));
  },
});

/** The script in parts: what the first view needs, and what follows when there is time. */
async function scripts() {
  const split = await build({
    ...shared, entryPoints: ['src/main.js'], outdir: 'split', format: 'esm', splitting: true, target: 'es2023',
    entryNames: '[name]', chunkNames: '[name]-[hash]', mangleProps: /^_[a-zA-Z]/, plugins: [slimStrophe],
  });
  const { outputs, inputs } = split.metafile;
  const texts = Object.fromEntries(split.outputFiles.map((file) => [basename(file.path), file.text]));
  const exported = Object.fromEntries(Object.entries(outputs).map(([path, { exports }]) => [basename(path), exports]));
  const first = new Set(['main.js']);
  for (const part of first) for (const used of outputs[`split/${part}`].imports) if (used.kind === 'import-statement') first.add(basename(used.path));
  // They name one another, so they are renamed together.
  const stamp = digest(JSON.stringify(texts) + await readFile(join(here, 'build.mjs')));
  const named = (/** @type {string} */ part) => `${basename(part, '.js')}-${stamp}`;
  const parts = ['main.js', ...Object.keys(texts).filter((part) => !first.has(part))];
  const result = await build({
    ...shared, entryPoints: parts.map((part) => ({ in: part, out: named(part) })), outdir: 'dist/assets', format: 'esm', target: 'es2023',
    plugins: [joining({ texts, exported, first, named })],
  });
  for (const file of result.outputFiles) {
    const path = relative(dist, file.path);
    // After minifying, a line break with indentation is only left inside a template.
    const bytes = Buffer.from(file.text.replace(/\n {2,}/gu, ' '));
    await writeFile(file.path, bytes);
    const zipped = await compress(path, bytes);
    if (path !== `assets/${named('main.js')}.js`) continue;
    if (zipped > FIRST_SCRIPT) throw new Error(`The first script is ${zipped} bytes zipped; the budget is ${FIRST_SCRIPT}. Make it smaller or load a part later.`);
    console.log(`first script: ${zipped} bytes gzip`);
  }
  return { entry: `/assets/${named('main.js')}.js`, inputs: Object.keys(inputs) };
}

await rm(dist, { recursive: true, force: true });
await mkdir(join(dist, 'assets'), { recursive: true });
const { css, latin } = await fonts();
const script = await scripts();
const icon = await put('icon.svg', await readFile(join(here, 'icon.svg')));
const manifest = {
  name: 'CCM', short_name: 'CCM', start_url: '/', display: 'standalone', background_color: '#ecf3f0', theme_color: '#015240',
  icons: [{ src: icon, sizes: 'any', type: 'image/svg+xml', purpose: 'any' }],
};
const urls = {
  'main.js': script.entry,
  'style.css': await put('style.css', await sheet(SHEETS, `${css}\n`)),
  'dialogues.css': await put('dialogues.css', await sheet(LATER)),
  'icon.svg': icon,
  'icon-live.svg': await put('icon-live.svg', await readFile(join(here, 'icon-live.svg'))),
  'manifest.webmanifest': await put('manifest.webmanifest', Buffer.from(JSON.stringify(manifest))),
  preloads: latin.map((url) => `<link rel="preload" href="${url}" as="font" type="font/woff2" crossorigin>`).join('\n'),
};
const page = (await readFile(join(here, 'index.html'), 'utf8')).replace(/\[\[([^\]]+)\]\]/gu, (_, name) => urls[name]);
await writeFile(join(dist, 'index.html'), page);
await writeFile(join(dist, 'THIRD-PARTY-LICENSES.txt'), await licences(script.inputs));
