// The documented JavaScript client: client.mjs BASE_URL INFO_HASH
async function prepareAndStream (baseUrl, infoHash, fileIndex = 0) {
  const prepared = await (await fetch(`${baseUrl}/stream/prepare/${infoHash}?fileIndex=${fileIndex}`, {
    method: 'POST'
  })).json()
  if (!prepared.success) throw new Error('the preparation did not start')
  console.log(`Job ID: ${prepared.jobId}`)
  console.log(`Estimated time: ${prepared.estimatedTime}`)

  const statusUrl = `${baseUrl}${prepared.statusUrl}`
  let status = 'preparing'
  while (status !== 'ready' && status !== 'failed') {
    await new Promise(resolve => setTimeout(resolve, 3000))
    const answer = await (await fetch(statusUrl)).json()
    status = answer.status
    console.log(`Progress: ${answer.progress}% - ${answer.message}`)
    if (status === 'failed') throw new Error(`the preparation failed: ${answer.error}`)
  }
  return `${baseUrl}${prepared.streamUrl}`
}

prepareAndStream(process.argv[2], process.argv[3])
  .then(url => console.log(`URL: ${url}`))
  .catch(error => { console.error(error.message); process.exitCode = 1 })
