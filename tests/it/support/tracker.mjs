// A tracker on loopback over HTTP and UDP, from the npm package that WebTorrent's own users run.
//
// Prints {"http": PORT, "udp": PORT} when it listens, then one JSON line per announce:
// {"event": NAME, "infoHash": HEX, "port": N, "left": N}. End of stdin ends it.
import { networkInterfaces } from 'node:os'
import Server from 'bittorrent-tracker/server'

// Clients come back within seconds: a test must not wait minutes for a second announce.
const tracker = new Server({ http: true, udp: true, ws: false, stats: false, interval: 5000 })
// It insists on IPv6 beside IPv4, and many containers have none.
if (!Object.values(networkInterfaces()).flat().some(it => it.address === '::1')) {
  tracker.udp6.close()
  tracker.udp6 = null
}
const say = value => process.stdout.write(JSON.stringify(value) + '\n')

tracker.on('error', error => { console.error(error); process.exit(1) })
tracker.on('warning', error => console.error('warning:', error.message))
for (const event of ['start', 'update', 'complete', 'stop']) {
  tracker.on(event, (address, params) => {
    say({ event, infoHash: Buffer.from(params.info_hash, params.info_hash.length === 40 ? 'hex' : 'binary').toString('hex'), port: params.port, left: params.left })
  })
}
tracker.listen(0, { http: '127.0.0.1', udp: '127.0.0.1', udp6: '::1' }, () => {
  say({ http: tracker.http.address().port, udp: tracker.udp4.address().port })
})
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
