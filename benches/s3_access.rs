//! How fast lines of an S3 access log become rows: `cargo bench --bench s3_access`.
#![allow(clippy::expect_used, reason = "a bench that cannot go on says why by panicking")]

use std::fmt::Write;
use std::hint::black_box;

use criterion::Criterion;
use criterion::Throughput;
use trailql::logs;

const LINES: usize = 20_000;

/// Lines as S3 writes them today: reads and writes of encoded keys by a role, a user and nobody.
fn log() -> String {
    let requesters = [
        "arn:aws:sts::111122223333:assumed-role/Deploy/ci@build-7",
        "arn:aws:iam::111122223333:user/ann",
        "-",
    ];
    let mut text = String::new();
    for number in 0..LINES {
        let (minute, second) = (number / 60 % 60, number % 60);
        let requester = requesters[number % requesters.len()];
        let key = format!("reports/year%3D2026/part-{number:08}.parquet");
        writeln!(
            text,
            "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be blue-falcon-data \
             [17/Sep/2026:08:{minute:02}:{second:02} +0000] 203.0.113.{} {requester} {number:016X} REST.GET.OBJECT {key} \
             \"GET /{key}?x-id=GetObject HTTP/1.1\" 200 - {number} 1048576 21 19 \"-\" \
             \"aws-sdk-java/2.31.9 ua/2.1 os/Linux#6.8 lang/java#21.0.5 md/OpenJDK_64-Bit_Server_VM\" - \
             s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 TLS_AES_128_GCM_SHA256 \
             AuthHeader blue-falcon-data.s3.eu-central-1.amazonaws.com TLSv1.3 - - eu-central-1",
            number % 250
        )
        .expect("room");
    }
    text
}

fn parse(criterion: &mut Criterion) {
    let text = log();
    let reading = logs::read("-", text.as_bytes(), usize::MAX);
    assert_eq!(reading.parsed.rows(), LINES as u64);
    let log = reading.log.expect("an access log");
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("s3_access", |bencher| {
        bencher.iter(|| black_box(log.read("-", black_box(text.as_bytes()))));
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    parse(&mut criterion);
    criterion.final_summary();
}
