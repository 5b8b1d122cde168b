// Installs an addon with Stremio's own client and walks it as a viewer would: manifest, catalogues,
// each title's meta, each title's streams. Prints what it saw as JSON.
//   node walk.mjs http://127.0.0.1:7000/manifest.json
import AddonClient from 'stremio-addon-client';

const [url] = process.argv.slice(2);
const { addon } = await AddonClient.detectFromURL(url);
const { manifest } = addon;

const titles = [];
for (const { type, id } of manifest.catalogs) {
  const { metas } = await addon.get('catalog', type, id);
  for (const preview of metas) {
    if (!addon.isSupported('meta', type, preview.id)) throw new Error(`no meta for ${preview.id}`);
    if (!addon.isSupported('stream', type, preview.id)) throw new Error(`no streams for ${preview.id}`);
    const { meta } = await addon.get('meta', type, preview.id);
    const { streams } = await addon.get('stream', type, preview.id);
    titles.push({ catalog: id, type, id: preview.id, name: preview.name, meta, streams });
  }
}

// Requests that only a careful reader of paths answers well.
const [{ type, id }] = manifest.catalogs;
const names = async (extra) => (await addon.get('catalog', type, id, extra)).metas.map((meta) => meta.name);
const extras = {
  search: await names({ search: 'bunny big' }),
  ampersand: await names({ search: 'a & b=c/d', skip: 0 }),
  genre: await names({ genre: 'Sci-Fi' }),
  skipped: await names({ skip: 100 }),
};
const episode = await addon.get('stream', 'series', 'tt0898266:9:17');
const missing = await addon.get('meta', 'movie', 'tt0000001').then(() => 'answered', (error) => error.message);

console.log(JSON.stringify({ manifest, titles, extras, episode, missing }));
