//! Which deliveries a bucket has: many small ones, few huge ones, more by day than by night.

use super::Plan;
use super::clock::Moment;
use super::delivery::Delivery;
use super::random;
use super::random::Random;
use super::random::Weighted;

/// Tuesday 2026-09-08, the first day of every bucket, in seconds since 1970.
const START: i64 = 1_788_825_600;
/// CloudTrail names its objects by the five minutes in which it delivers them.
const SLOT: i64 = 300;
/// Records come at most seven minutes before their delivery: the first ones still belong to the first day.
const FIRST_SLOT: i64 = 2;

const REGIONS: [(&str, f64); 8] = [
    ("us-east-1", 0.46),
    ("us-west-2", 0.18),
    ("eu-west-1", 0.12),
    ("eu-central-1", 0.09),
    ("us-east-2", 0.06),
    ("ap-southeast-2", 0.04),
    ("ap-northeast-1", 0.03),
    ("sa-east-1", 0.02),
];

/// The share of all events that the one giant has, up to [`GIANT`].
const GIANT_PART: usize = 26;
/// The most events in an object: about 100 MB.
const GIANT: usize = 73_000;
/// As many big objects go with each giant, of 8,000 to 23,000 events (10 to 30 MB), or parts of the whole.
const BIG: usize = 6;
/// The most events in one of the rest: about 8 MB, or a part of the giant.
const ORDINARY: usize = 6_200;
const ORDINARY_PART: usize = 6;

/// Draws the deliveries of a plan, in the order of time; their events add up to the plan's.
pub(super) fn deliveries(plan: &Plan) -> Vec<Delivery> {
    let random = &mut Random::new(plan.seed, 0x5c4e);
    let sizes = sizes(plan.events, random);
    let slots = Weighted::new((0..plan.days.max(1) as i64 * 86_400 / SLOT).map(business));
    let regions = Weighted::new(REGIONS.iter().map(|region| region.1));
    let busy = |power: f64| {
        Weighted::new((0..plan.accounts.max(1)).map(move |place| (place as f64 + 1.0).powf(-power)))
    };
    let (skewed, flat) = (busy(1.2), busy(0.6));
    let mut deliveries: Vec<Delivery> = sizes
        .into_iter()
        .map(|events| {
            // The very big ones are the busiest account's data events.
            let huge = events > 7_000;
            let account = if huge {
                0
            } else if events > 60 {
                skewed.pick(random)
            } else {
                flat.pick(random)
            };
            let region = REGIONS[if huge { 0 } else { regions.pick(random) }].0;
            let time = START + slots.pick(random) as i64 * SLOT;
            Delivery { account, region, time, events, stream: 0 }
        })
        .collect();
    deliveries.sort_by_key(|delivery| delivery.time);
    for (stream, delivery) in (0..).zip(&mut deliveries) {
        delivery.stream = stream;
    }
    deliveries
}

/// Draws a delivery on its own.
pub(super) fn single(seed: u64, index: usize, events: usize, accounts: usize) -> Delivery {
    let random = &mut Random::new(seed, random::mix(0x51, index as u64));
    let regions = Weighted::new(REGIONS.iter().map(|region| region.1));
    let time = START + (FIRST_SLOT + random.below(2_000) as i64) * SLOT;
    let (account, region) = (random.rank(accounts), REGIONS[regions.pick(random)].0);
    Delivery { account, region, time, events, stream: (1 << 40) + index as u64 }
}

/// Names the object of a delivery, below the bucket.
pub(super) fn key(seed: u64, delivery: &Delivery, account: &str) -> String {
    let Delivery { region, time, stream, .. } = delivery;
    let Moment { year, month, day, hour, minute, .. } = Moment::new(*time);
    let mut unique = String::new();
    Random::new(seed, random::mix(0x4e57, *stream)).text(random::ALPHANUMERIC, 16, &mut unique);
    format!(
        "AWSLogs/o-exampleorgid/{account}/CloudTrail/{region}/{year}/{month:02}/{day:02}/\
         {account}_CloudTrail_{region}_{year}{month:02}{day:02}T{hour:02}{minute:02}Z_{unique}.json.gz"
    )
}

/// Cuts so many events into objects.
fn sizes(events: usize, random: &mut Random) -> Vec<usize> {
    let mut sizes = Vec::new();
    let giant = (events / GIANT_PART).min(GIANT);
    for _ in 0..(events / (GIANT * GIANT_PART)).max(1) {
        sizes.push(giant);
        sizes.extend((0..BIG).map(|_| random.between(giant / 10, giant * 3 / 10)));
    }
    sizes.retain(|&size| size > 0);
    let mut left = events - sizes.iter().sum::<usize>().min(events);
    let most = (giant / ORDINARY_PART).clamp(40, ORDINARY);
    while left > 0 {
        // Pareto with a long tail, cut off.
        let tail = random.fraction().max(1e-9).powf(-1.0 / 0.7) * 4.0;
        let size = if tail > most as f64 { random.between(40, most) } else { tail as usize - 3 };
        let size = size.min(left);
        sizes.push(size);
        left -= size;
    }
    sizes
}

/// Says how busy five minutes are: working hours on working days most.
fn business(slot: i64) -> f64 {
    if slot < FIRST_SLOT {
        return 0.0;
    }
    let Moment { hour, day, .. } = Moment::new(START + slot * SLOT);
    let weekend = (START / 86_400 + (slot * SLOT) / 86_400 + 4) % 7 % 6 == 0;
    let working = if (8..20).contains(&hour) { 1.0 } else { 0.55 };
    let nightly_batch = if hour == 2 { 0.4 } else { 0.0 };
    (working + nightly_batch) * if weekend { 0.6 } else { 1.0 } * (1.0 + (day % 3) as f64 / 20.0)
}
