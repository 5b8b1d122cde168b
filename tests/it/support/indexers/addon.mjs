// An addon made with the official SDK, as people write them.
//   node addon.mjs < description.json
// The description: {"manifest": {…}, "streams": {"movie/tt1254207": [stream, …]}, "cacheMaxAge": seconds?}. It is one
// line on stdin; the port is printed, and the addon ends with its stdin.
import { createInterface } from 'node:readline';
import sdk from 'stremio-addon-sdk';

const lines = createInterface({ input: process.stdin });
lines.on('close', () => process.exit(0));
lines.once('line', async (line) => {
  const { manifest, streams, cacheMaxAge } = JSON.parse(line);
  const builder = new sdk.addonBuilder(manifest);
  builder.defineStreamHandler(async ({ type, id }) => ({
    streams: streams[`${type}/${id}`] ?? [],
    ...(cacheMaxAge === undefined ? {} : { cacheMaxAge }),
  }));
  const { server } = await sdk.serveHTTP(builder.getInterface(), { port: 0 });
  console.log(`port ${server.address().port}`);
});
