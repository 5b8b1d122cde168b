//! Daily shows.

use super::check;

#[test]
fn days_are_read_in_many_orders() {
    check(&[
        ("Late Harbour 2019 10 25 Some Guest 480p x264-KLP", "Late Harbour 2019-10-25 480p"),
        ("Late.Harbour.2019.10.25.Some.Guest.720p.WEB", "Late Harbour 2019-10-25 720p"),
        ("Late Harbour 2019-10-25 720p", "Late Harbour 2019-10-25 720p"),
        ("Late Harbour (2019-10-25) 720p", "Late Harbour 2019-10-25 720p"),
        ("Late.Harbour.25.10.2019.720p", "Late Harbour 2019-10-25 720p"),
        ("Late.Harbour.20191025.720p", "Late Harbour 2019-10-25 720p"),
        ("Late Harbour 25th October 2019 720p", "Late Harbour 2019-10-25 720p"),
        ("Late.Harbour.25.Oct.2019.720p", "Late Harbour 2019-10-25 720p"),
        ("Late.Harbour.Oct.25.2019.720p", "Late Harbour 2019-10-25 720p"),
        ("Late Harbour 2019 Oct 25 720p", "Late Harbour 2019-10-25 720p"),
        ("Late.Harbour.E12.191025.720p-KLP", "Late Harbour 2019-10-25 E12 720p"),
        ("Late Harbour 05-12-2019 720p", "Late Harbour 720p"),
        ("Late.Harbour.05.12.2019.720p", "Late Harbour 2019-12-05 720p"),
        ("Late Harbour 10-25-19.mp4", "Late Harbour 2019-10-25"),
        ("Late.Harbour.19.10.25.XviD", "Late Harbour 2019-10-25"),
        ("Late Harbour - 3x05 - 2019.10.25.avi", "Late Harbour 2019-10-25 S3 E5"),
    ]);
}

#[test]
fn what_is_no_day_is_none() {
    check(&[
        ("Cove 2019 13 45 720p", "Cove (2019) 720p"),
        ("Cove.2019.1080p.10bit", "Cove (2019) 1080p"),
        ("Cove 20191325 720p", "Cove 20191325 720p"),
    ]);
}
