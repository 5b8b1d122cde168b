// Fetches a manifest and prints what Stremio's own linter says about it.
//   node lint.mjs http://127.0.0.1:7000/manifest.json
import linter from 'stremio-addon-linter';

const [url] = process.argv.slice(2);
const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
const text = await response.text();
const { valid, errors, warnings } = linter.lintManifest(JSON.parse(text));

console.log(JSON.stringify({
  status: response.status,
  contentType: response.headers.get('content-type'),
  allowOrigin: response.headers.get('access-control-allow-origin'),
  bytes: Buffer.byteLength(text),
  valid,
  errors: errors.map(String),
  warnings: warnings.map(String),
}));
