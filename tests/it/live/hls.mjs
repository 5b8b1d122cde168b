// Plays a live channel with hls.js in Chromium, by a list of steps, and prints what happened as one JSON line.
//
// The argument is {"url", "steps"}; a step is one of
//   ["play", seconds]        plays on until so much more has been shown
//   ["pause", seconds]       pauses for so long, and goes on
//   ["seek", seconds]        jumps to so many seconds after the beginning of what can be seen
//   ["live"]                 jumps to where the player would begin
//   ["say", word]            prints a word on a line of its own, for whoever waits for it
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { drive, open } from '../support/browser.mjs'

const HLS = readFileSync(createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js'), 'utf8')
const PAGE = '<!doctype html><script src="/hls.js"></script><video muted autoplay></video>'

await drive(async (browser, { url, steps }) => {
  // The page comes from another origin than the channel, as it does with web players.
  const server = createServer((request, response) => {
    const script = request.url === '/hls.js'
    response.writeHead(200, { 'content-type': script ? 'text/javascript' : 'text/html' }).end(script ? HLS : PAGE)
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    const { page, complaints } = await open(browser)
    await page.goto(`http://127.0.0.1:${server.address().port}/`)
    await page.evaluate(start, url)
    const report = []
    for (const [what, value] of steps) {
      if (what === 'say') console.log(value)
      else report.push(await page.evaluate(([what, value]) => globalThis.step(what, value), [what, value]))
    }
    return { report, complaints, ...await page.evaluate(() => globalThis.story()) }
  } finally {
    server.close()
  }
})

/** Runs in the page. */
function start (url) {
  const video = document.querySelector('video')
  const hls = new globalThis.Hls()
  const errors = []
  hls.on(globalThis.Hls.Events.ERROR, (_, data) => {
    errors.push({ details: data.details, fatal: data.fatal, at: video.currentTime, status: data.response?.code, why: String(data.reason ?? data.error ?? '') })
  })
  hls.loadSource(url)
  hls.attachMedia(video)

  const sleep = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds))
  /** The longest time without a new picture while playing, in seconds. */
  let longest = 0
  const playFor = async seconds => {
    let last = video.currentTime
    let shown = 0
    let moved = performance.now()
    longest = 0
    while (shown < seconds) {
      await sleep(50)
      if (video.error) throw new Error(`media error ${video.error.code}: ${video.error.message}`)
      if (video.currentTime !== last) {
        // A player that finds its beginning, or leaves a gap out, shows nothing of what lies between.
        const step = video.currentTime - last
        if (step > 0 && step < 1) shown += step
        last = video.currentTime
        moved = performance.now()
      }
      longest = Math.max(longest, (performance.now() - moved) / 1000)
      if (longest > 45) throw new Error(`nothing moves at ${last}: ${JSON.stringify(errors.slice(-5))}`)
    }
  }
  const range = () => video.seekable.length ? [video.seekable.start(0), video.seekable.end(0)] : [0, 0]

  globalThis.step = async (what, value) => {
    const before = video.currentTime
    if (what === 'play') await playFor(value)
    if (what === 'pause') {
      video.pause()
      await sleep(value * 1000)
      await video.play()
    }
    if (what === 'seek') video.currentTime = range()[0] + value
    if (what === 'live') video.currentTime = hls.liveSyncPosition
    const [first, last] = range()
    return { what, before, after: video.currentTime, longest, first, last, sound: video.webkitAudioDecodedByteCount, date: hls.playingDate?.toISOString() }
  }
  globalThis.story = () => ({
    errors,
    fatal: errors.filter(error => error.fatal).length,
    frames: video.getVideoPlaybackQuality().totalVideoFrames,
    dropped: video.getVideoPlaybackQuality().droppedVideoFrames,
    sound: video.webkitAudioDecodedByteCount,
    width: video.videoWidth,
    audio: hls.audioTracks.map(track => track.name),
    target: hls.latestLevelDetails?.targetduration
  })
}
