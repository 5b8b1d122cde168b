// An addon made with the official SDK, as people write them.
//   node addon.mjs < description.json
// The description: {"manifest": {…}, "streams": {"movie/tt1254207": [stream, …]}, "metas": {"anime/kitsu:1": {…}},
// "cacheMaxAge": seconds?}. It is one line on stdin; the port is printed, and the addon ends with its stdin. The SDK
// wants a handler for each resource of the manifest and for no other.
import { createInterface } from 'node:readline';
import sdk from 'stremio-addon-sdk';

const lines = createInterface({ input: process.stdin });
lines.on('close', () => process.exit(0));
lines.once('line', async (line) => {
  const { manifest, streams, metas, cacheMaxAge } = JSON.parse(line);
  const builder = new sdk.addonBuilder(manifest);
  const lasting = cacheMaxAge === undefined ? {} : { cacheMaxAge };
  const handlers = {
    stream: async ({ type, id }) => ({ streams: streams[`${type}/${id}`] ?? [], ...lasting }),
    meta: async ({ type, id }) => ({ meta: metas[`${type}/${id}`] ?? null, ...lasting }),
  };
  for (const resource of manifest.resources) {
    const name = resource.name ?? resource;
    builder.defineResourceHandler(name, handlers[name]);
  }
  const { server } = await sdk.serveHTTP(builder.getInterface(), { port: 0 });
  console.log(`port ${server.address().port}`);
});
