//! The end of what nothing continues.

use bytes::Bytes;

use super::super::chunk::Pid;
use super::packet::{PACKET, Packet, Raw};

/// Leaves out the last picture of `pid` in successive chunks. Broadcasts do not tell how long a picture is, so nobody
/// knows whether it is whole before the next one begins, and some decoders give up at half a picture. The first one
/// stays, because without it there would be nothing to show.
pub fn drop_last_picture(chunks: &mut [Bytes], pid: Pid) {
    let begins = |raw: &Raw| Packet(raw).pid() == pid && Packet(raw).starts();
    let last = |(index, chunk): (usize, &Bytes)| Some((index, packets(chunk).iter().rposition(begins)?));
    let Some((index, begin)) = chunks.iter().enumerate().rev().find_map(last) else { return };
    let is_first = !chunks[..index].iter().any(|chunk| packets(chunk).iter().any(begins))
        && !packets(&chunks[index])[..begin].iter().any(begins);
    if is_first {
        return;
    }
    let (kept, rest) = packets(&chunks[index]).split_at(begin);
    let others =
        |raws: &[Raw]| -> Vec<Raw> { raws.iter().filter(|raw| Packet(raw).pid() != pid).copied().collect() };
    chunks[index] = [kept, &others(rest)].concat().as_flattened().to_vec().into();
    for chunk in &mut chunks[index + 1..] {
        *chunk = others(packets(chunk)).as_flattened().to_vec().into();
    }
}

fn packets(chunk: &[u8]) -> &[Raw] {
    chunk.as_chunks::<PACKET>().0
}

#[cfg(test)]
mod tests {
    use super::super::studio::{AUDIO, RATE, Studio, VIDEO};
    use super::*;

    fn broadcast(pictures: u64) -> Vec<u8> {
        let mut studio = Studio::new(1);
        studio.show(900_000, pictures, RATE);
        studio.bytes
    }

    /// A broadcast in chunks of so many packets.
    fn chunks(bytes: &[u8], size: usize) -> Vec<Bytes> {
        bytes.chunks(size * PACKET).map(Bytes::copy_from_slice).collect()
    }

    fn of(pid: Pid, bytes: &[u8]) -> Vec<Raw> {
        packets(bytes).iter().filter(|raw| Packet(raw).pid() == pid).copied().collect()
    }

    #[test]
    fn the_last_picture_goes_wherever_chunks_end_and_sounds_stay() {
        let (whole, shorter) = (broadcast(3), broadcast(2));
        for cut in of(VIDEO, &shorter).len() + 1..of(VIDEO, &whole).len() {
            let video: Vec<usize> = (0..packets(&whole).len())
                .filter(|index| Packet(&packets(&whole)[*index]).pid() == VIDEO)
                .collect();
            let until = video[cut] * PACKET;
            for size in 1..9 {
                let mut parts = chunks(&whole[..until], size);
                drop_last_picture(&mut parts, VIDEO);
                assert_eq!(parts.len(), chunks(&whole[..until], size).len());
                let left = parts.concat();
                assert!(of(VIDEO, &left) == of(VIDEO, &shorter), "cut at {cut}, chunks of {size}");
                assert!(of(AUDIO, &left) == of(AUDIO, &whole[..until]));
            }
        }
    }

    #[test]
    fn a_single_picture_stays() {
        let mut parts = chunks(&broadcast(1), 2);
        drop_last_picture(&mut parts, VIDEO);
        assert_eq!(parts.concat(), broadcast(1));
        drop_last_picture(&mut [], VIDEO);
    }
}
