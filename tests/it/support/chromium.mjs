// Plays a URL in a real Chromium <video>, seeks, and prints what happened as one JSON line.
//
// usage: chromium.mjs MEDIA-URL SEEK-TO-SECONDS            a page is made around the URL
//        chromium.mjs FILE.html?QUERY SEEK-TO-SECONDS      the page makes its own <video> out of the query
import { createServer } from 'node:http'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const [what, seekTo] = process.argv.slice(2)
const profile = mkdtempSync(join(tmpdir(), 'headwater-chromium-'))

// The page comes from another origin than the media, as it does with web players.
const [path, query] = what.startsWith('http') ? [] : what.split('?')
const page = path
  ? readFileSync(path)
  : `<!doctype html><video muted autoplay crossorigin=anonymous src="${what.replaceAll('&', '&amp;')}"></video>`
const server = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(page))
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))

const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required']
})
let code = 0
try {
  const tab = await context.newPage()
  const messages = []
  tab.on('console', message => messages.push(message.text()))
  tab.on('pageerror', error => messages.push(String(error)))
  await tab.goto(`http://127.0.0.1:${server.address().port}/?${query ?? ''}`)
  await tab.waitForSelector('video', { state: 'attached', timeout: 60_000 })
  const result = await tab.evaluate(async to => {
    const video = document.querySelector('video')
    const broken = () => video.error && `media error ${video.error.code}: ${video.error.message}`
    const until = (what, met) => new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${what} did not come at ${video.currentTime}`)), 60_000)
      const check = () => {
        if (broken()) reject(new Error(broken()))
        else if (met()) { clearTimeout(timer); resolve() }
      }
      for (const event of ['playing', 'timeupdate', 'seeked', 'error', 'ended']) video.addEventListener(event, check)
      check()
    })
    await until('playback', () => video.currentTime > 0.2)
    const first = video.currentTime
    video.currentTime = to
    await until('the seek', () => !video.seeking && video.currentTime > to + 0.2)
    return { first, seeked: video.currentTime, duration: video.duration, width: video.videoWidth, frames: video.getVideoPlaybackQuality().totalVideoFrames }
  }, Number(seekTo)).catch(error => { throw new Error(`${error.message}\n${messages.join('\n')}`) })
  console.log(JSON.stringify(result))
} catch (error) {
  console.error(error.message)
  code = 1
} finally {
  await context.close()
  server.close()
  rmSync(profile, { recursive: true, force: true })
}
process.exit(code)
