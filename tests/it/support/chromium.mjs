// Plays a URL in a real Chromium <video>, seeks, and prints what happened as one JSON line.
//
// usage: chromium.mjs PAGE-OR-MEDIA-URL SEEK-TO-SECONDS [page]
// With "page" the URL is that of a page which creates its own <video>; otherwise a page is made around it.
import { createServer } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const [url, seekTo, kind] = process.argv.slice(2)
const profile = mkdtempSync(join(tmpdir(), 'headwater-chromium-'))

// The page comes from another origin than the media, as it does with web players.
const page = `<!doctype html><video id=v muted autoplay crossorigin=anonymous src="${url}"></video>`
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
  await tab.goto(kind === 'page' ? url : `http://127.0.0.1:${server.address().port}/`)
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
