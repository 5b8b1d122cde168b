// Installs an addon with Stremio's own client and asks it for the streams of one video. Prints them as JSON.
//   node install.mjs MANIFEST-URL TYPE ID
import AddonClient from 'stremio-addon-client';

const [url, type, id] = process.argv.slice(2);
const { addon } = await AddonClient.detectFromURL(url);
if (!addon.isSupported('stream', type, id)) throw new Error(`no streams for ${id}`);
// What is kept in an account is the addon's descriptor; from that it has to work again.
const again = AddonClient.fromDescriptor(addon.toDescriptor());
const { streams } = await again.get('stream', type, id);
console.log(JSON.stringify({ name: addon.manifest.name, transport: addon.transportUrl, streams }));
